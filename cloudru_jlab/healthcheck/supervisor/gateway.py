"""Whether the kernel gateway answers."""

from __future__ import annotations

from typing import Any

from jupyter_server.gateway.gateway_client import GatewayClient
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from ...core.ports import Reading
from . import wording


class GatewayProbe:
    """Asks the gateway for its version; any answer that is no server error will do."""

    name = "gateway"

    def __init__(self, client: GatewayClient, interval_seconds: float, timeout_seconds: float) -> None:
        self._client = client
        self.interval_seconds = interval_seconds
        self.timeout_seconds = timeout_seconds + 1.0
        self._patience = timeout_seconds

    async def read(self) -> list[Reading]:
        """See `core.ports.HealthProbe`."""
        arguments: dict[str, Any] = {"connect_timeout": self._patience, "request_timeout": self._patience}
        arguments = self._client.load_connection_args(**arguments)  # type: ignore[no-untyped-call]
        address = f"{(self._client.url or '').rstrip('/')}/api"
        try:
            await AsyncHTTPClient().fetch(address, **arguments)
        except HTTPClientError as error:
            # 599 is tornado's own: no answer
            return [wording.gateway(error.code < 500, str(error.message))]
        except OSError as error:
            return [wording.gateway(False, error.strerror or type(error).__name__)]
        return [wording.gateway(True, "")]
