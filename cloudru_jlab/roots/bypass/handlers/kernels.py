"""Kernels that stand in the real directory of their document, whichever root that is in."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.gateway.managers import GatewayMappingKernelManager
from jupyter_server.services.sessions.handlers import SessionRootHandler
from tornado.web import HTTPError, authenticated

from ....core.errors import DomainError
from ....core.ports import REGISTRY_SETTING
from ..claims import Claim, Claims, nearest_directory
from .errors import RootError

if TYPE_CHECKING:
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

#: The path for which a kernel is being started in this task, and its real directory.
_standing: ContextVar[tuple[str, str] | None] = ContextVar("cloudru_kernel_directory", default=None)


def kernels_in_roots(base: type[MappingKernelManager]) -> type[MappingKernelManager]:
    """The operator's kernel manager, which knows the directories of the roots.

    `cwd_for_path` may not wait, and a root that hangs must not hold up the event loop: so the directory is found when a
    kernel is started, and `cwd_for_path` repeats it.
    """
    remote = issubclass(base, GatewayMappingKernelManager)

    class KernelsInRoots(base):  # type: ignore[misc, valid-type]
        #: Tells that this class is in use: its name is the operator's.
        stands_in_roots = True

        async def start_kernel(self, *, kernel_id: str | None = None, path: str | None = None, **kwargs: Any) -> str:
            """Start a kernel in the directory of ``path``; an error, and never in another root, where that is not
            there."""
            standing = None
            if path is not None and (kernel_id is None or kernel_id not in self):
                standing = await self._directory(path)
            token = _standing.set(standing)
            try:
                started: str = await ensure_async(super().start_kernel(kernel_id=kernel_id, path=path, **kwargs))
                return started
            finally:
                _standing.reset(token)

        def cwd_for_path(self, path: str, **kwargs: Any) -> str:
            """The directory that was found for the kernel being started. Else, for a path of a root, what it would be:
            the server asks to tell a kernel the file's name, and touches nothing."""
            standing = _standing.get()
            if standing is not None and standing[0] == path:
                return standing[1]
            claim = self._claim(path)
            directory: str = super().cwd_for_path(path, **kwargs) if claim is None else _unseen(claim)
            return directory

        async def _directory(self, path: str) -> tuple[str, str] | None:
            claim = self._claim(path)
            if claim is None:
                return None
            try:
                return path, await nearest_directory(claim)
            except DomainError as error:
                if remote:
                    # a gateway's kernel runs elsewhere, where the folder may well be there
                    return path, _unseen(claim)
                raise RootError(error) from None

        def _claim(self, path: str) -> Claim | None:
            web_app = getattr(self.parent, "web_app", None)
            registry = None if web_app is None else web_app.settings.get(REGISTRY_SETTING)
            if registry is None:
                return None
            try:
                return Claims(registry).find(path)
            except DomainError as error:
                raise RootError(error) from None

    KernelsInRoots.__name__ = KernelsInRoots.__qualname__ = base.__name__
    return KernelsInRoots


def _unseen(claim: Claim) -> str:
    """The directory of a document, by its path alone."""
    info = claim.backend.info
    return os.path.join(os.fsdecode(info.real or b"/"), os.path.dirname(claim.inside))


class SessionsHandler(SessionRootHandler):
    """The server's own, which makes a 500 of every failure; here a root that is not there stays what it is."""

    @authenticated
    @authorized(action="write", resource="sessions")
    async def post(self) -> None:
        """Start a session."""
        try:
            await super().post()  # type: ignore[misc] # the decorator has no types
        except HTTPError as error:
            cause = error.__cause__
            # the contents manager's and ours say the reason; so does nothing else
            if isinstance(cause, HTTPError) and cause.reason is not None:
                raise cause from None
            raise
