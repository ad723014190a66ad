"""Alerts become notifications, whoever wrote their labels."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudru_jlab.notifications.alertmanager import alert_notifications
from cloudru_jlab.notifications.checking import checked
from cloudru_jlab.notifications.models import Alerts, NewNotification

#: As Alertmanager 0.27 posts it for a rule of kube-prometheus.
PAYLOAD = {
    "receiver": "jupyter",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "KubePersistentVolumeFillingUp",
                "namespace": "users",
                "persistentvolumeclaim": "claim-ann",
                "severity": "critical",
            },
            "annotations": {
                "description": "The PersistentVolume claimed by claim-ann in Namespace users is only 2.1% free.",
                "runbook_url": "https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepersistentvolumefillingup",
                "summary": "PersistentVolume is filling up.",
            },
            "startsAt": "2026-05-04T10:00:00.000Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prometheus.example.org/graph?g0.expr=kubelet_volume_stats&g0.tab=1",
            "fingerprint": "c66ed93ac2ba8e4b",
        }
    ],
    "groupLabels": {"alertname": "KubePersistentVolumeFillingUp"},
    "commonLabels": {"severity": "critical"},
    "commonAnnotations": {},
    "externalURL": "https://alertmanager.example.org",
    "version": "4",
    "groupKey": '{}:{alertname="KubePersistentVolumeFillingUp"}',
    "truncatedAlerts": 0,
}


def mapped(payload: dict[str, Any]) -> list[NewNotification]:
    return alert_notifications(msgspec.json.decode(json.dumps(payload), type=Alerts))


def one(**alert: Any) -> NewNotification:
    (new,) = mapped({"alerts": [{**PAYLOAD["alerts"][0], **alert}]})  # type: ignore[dict-item]
    return new


def test_a_firing_alert() -> None:
    new = one()
    assert (new.title, new.severity, new.category) == ("PersistentVolume is filling up.", "critical", "alert")
    assert (new.recipient, new.dedupe_key) == ("all", "alert:c66ed93ac2ba8e4b")
    assert "2.1% free" in new.body
    assert [(link.label, link.url[:30]) for link in new.links] == [
        ("Runbook", "https://runbooks.prometheus-op"),
        ("Source", "https://prometheus.example.org"),
    ]
    assert checked(new) == new


def test_a_resolved_alert_is_the_same_one_as_a_success() -> None:
    new = one(status="resolved", endsAt="2026-05-04T11:00:00Z")
    assert (new.title, new.severity) == ("Resolved: PersistentVolume is filling up.", "success")
    assert new.texts["ru"].title == "Устранено: PersistentVolume is filling up."
    assert new.dedupe_key == one().dedupe_key


@pytest.mark.parametrize(
    ("label", "severity"),
    [("critical", "critical"), ("PAGE", "critical"), ("error", "error"), (" Warning ", "warning"), ("info", "info"),
     ("none", "info"), ("dunno", "warning"), ("", "warning"), (None, "warning")],
)  # fmt: skip
def test_severities(label: str | None, severity: str) -> None:
    assert one(labels={"alertname": "A"} if label is None else {"severity": label}).severity == severity


def test_without_annotations_the_name_will_do() -> None:
    new = one(annotations={})
    assert (new.title, new.body) == ("KubePersistentVolumeFillingUp", "")
    assert one(annotations={}, labels={}).title == "Alert"


def test_without_a_fingerprint_the_labels_are_the_identity() -> None:
    labels = {"alertname": "A", "instance": "1"}
    turned = dict(reversed(labels.items()))
    keys = [one(fingerprint="", labels=each).dedupe_key for each in (labels, turned, {**labels, "instance": "2"})]
    assert keys[0] == keys[1] != keys[2]
    assert one(fingerprint="../" * 100).dedupe_key == one(fingerprint="").dedupe_key


@pytest.mark.parametrize(
    "url",
    ["http://prometheus/graph", "javascript:alert(1)", "data:text/html,x", "//evil", "/graph", "https://", "https:///x",
     "https://a b/", "https://ev\\il/", "https://\u202eevil/", "https://u:p@evil/", "https://x:99999999/", "https://[/",
     "https://x/" + "a" * 3_000, "\x00https://x/"],
)  # fmt: skip
def test_only_https_is_linked(url: str) -> None:
    assert [link.label for link in one(generatorURL=url).links] == ["Runbook"]
    assert [link.label for link in one(annotations={"runbook_url": url}).links] == ["Source"]


def test_hostile_text_is_cut_and_cleaned() -> None:
    new = one(annotations={"summary": "a\u202eb\x00c\nd" * 100, "description": "x\x1b[31m\r\n" * 5_000})
    assert len(new.title) in (119, 120)
    assert len(new.body) == 4_000
    assert new.title.startswith("abc dabc d")
    assert new.title.endswith("…")
    assert new.body.startswith("x[31m\nx[31m")
    assert checked(new) == new


ANY = st.text(max_size=40)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(ANY, ANY, max_size=5), st.dictionaries(ANY, ANY, max_size=5), ANY, ANY, ANY, ANY)
def test_nothing_that_alertmanager_can_post_is_refused(
    labels: dict[str, str], annotations: dict[str, str], summary: str, severity: str, url: str, fingerprint: str
) -> None:
    labels["severity"] = severity
    annotations["summary"] = annotations["description"] = summary
    new = one(labels=labels, annotations=annotations, generatorURL=url, fingerprint=fingerprint)
    assert checked(new) == new
