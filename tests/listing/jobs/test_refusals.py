"""Bulk actions that are not begun."""

from __future__ import annotations

import json

import pytest
from tornado.httpclient import HTTPClientError

from .conftest import Answer, JobsClient, fill, tree


@pytest.mark.parametrize("kind", ["copy", "move"])
async def test_a_directory_is_not_put_into_itself(jobs: JobsClient, kind: str) -> None:
    fill(jobs.root / "a" / "inner" / "deep", ["x"])
    fill(jobs.root, ["file"])
    before = tree(jobs.root)

    for destination in ("a", "a/inner", "a/inner/deep"):
        status, answer = await jobs.refused(kind, destination=destination, selection={"names": ["a"]}, count=1)
        assert status == 400
        assert answer["message"] == "The folder “a” cannot be put into itself. Choose another destination."
    (jobs.root / "link").symlink_to("a/inner")
    status, _ = await jobs.refused(kind, destination="link", selection={"names": ["a"]}, count=1)
    assert status == 400

    (jobs.root / "link").unlink()
    assert tree(jobs.root) == before
    # its neighbours may go there
    job = await jobs.do(kind, destination="a/inner", selection={"names": ["file"]}, count=1)
    assert job["done"] == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"destination": "missing"}, 404),
        ({"destination": "file"}, 400),
        ({"destination": "../outside"}, 404),
        ({"destination": ".hidden"}, 404),
        ({}, 400),
    ],
)
async def test_a_bad_destination_is_refused(jobs: JobsClient, fields: Answer, status: int) -> None:
    fill(jobs.root, ["file"])
    (jobs.root / ".hidden").mkdir()

    assert (await jobs.refused("copy", **fields))[0] == status


async def test_a_move_to_where_they_are_is_refused(jobs: JobsClient) -> None:
    fill(jobs.root, ["file"])

    status, answer = await jobs.refused("move", destination="")

    assert (status, answer["message"]) == (400, "These entries are in that folder already.")


async def test_deletion_takes_no_destination(jobs: JobsClient) -> None:
    fill(jobs.root, ["file"])

    assert (await jobs.refused("delete", destination=""))[0] == 400


async def test_hidden_names_are_out_of_reach(jobs: JobsClient) -> None:
    fill(jobs.root, [".hidden", "shown"])

    job = await jobs.do("delete", selection={"names": [".hidden", "shown"]}, count=2)

    assert (job["done"], job["failed"]) == (1, 1)
    assert sorted(tree(jobs.root)) == [".hidden"]


async def test_bodies_that_make_no_sense_are_refused(jobs: JobsClient) -> None:
    for body in ({}, {"kind": "burn"}, {"kind": "delete", "path": "", "generation": "1", "selection": {}, "count": 0}):
        with pytest.raises(HTTPClientError) as failure:
            await jobs.call("jobs", method="POST", body=body)
        assert failure.value.code == 400
        assert json.loads(failure.value.response.body)["reason"] == "bad_parameter"
