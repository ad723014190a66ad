"""What Prometheus' Alertmanager posts, as notifications.

The payload is that of its webhook, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
Anybody who may write a metric's label writes some of it, so all of it is cleaned, and nothing of it is refused: an
alert that is cut short is better than none.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from .models import Alert, Alerts, Link, NewNotification, Severity, Text
from .plain import https_address, one_line, plain

#: The label `severity` in the words that rules in the field use.
SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(("critical", "crit", "page", "emergency", "fatal", "disaster", "p1"), "critical"),
    **dict.fromkeys(("error", "err", "major", "high", "p2"), "error"),
    **dict.fromkeys(("warning", "warn", "minor", "medium", "average", "p3"), "warning"),
    **dict.fromkeys(("info", "information", "informational", "notice", "low", "none", "debug", "p4", "p5"), "info"),
}  # fmt: skip
#: Somebody found it worth an alert, and did not say how bad it is.
_UNKNOWN: Severity = "warning"
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")
#: A resolved alert is worth reading about for so long.
_RESOLVED_SECONDS = 7 * 86_400


def alert_notifications(alerts: Alerts) -> list[NewNotification]:
    """One notification to everybody for each alert.

    Its dedupe key comes from the alert's fingerprint, so an alert that is repeated changes nothing, and one that is
    resolved turns the notification that is there into a success.
    """
    return [_notification(alert) for alert in alerts.alerts]


def _notification(alert: Alert) -> NewNotification:
    title = one_line(alert.annotations.get("summary", "")) or one_line(alert.labels.get("alertname", "")) or "Alert"
    body = plain(alert.annotations.get("description", "") or alert.annotations.get("message", ""))
    severity = SEVERITIES.get(alert.labels.get("severity", "").strip().lower(), _UNKNOWN)
    resolved = alert.status == "resolved"
    texts = {}
    if resolved:
        severity = "success"
        texts["ru"] = Text(title=one_line(f"Устранено: {title}"), body=body)
        title = one_line(f"Resolved: {title}")
    return NewNotification(
        title=title,
        body=body,
        severity=severity,
        category="alert",
        recipient="all",
        texts=texts,
        links=_links(alert),
        dedupe_key=_key(alert),
        expires_seconds=_RESOLVED_SECONDS if resolved else None,
        name="alertmanager",
    )


def _links(alert: Alert) -> list[Link]:
    addresses = (
        ("Runbook", alert.annotations.get("runbook_url", "")),
        ("Dashboard", alert.annotations.get("dashboard_url", "")),
        ("Source", alert.generatorURL),
    )
    return [Link(label=label, url=good) for label, url in addresses if (good := https_address(url)) is not None]


def _key(alert: Alert) -> str:
    if _FINGERPRINT.fullmatch(alert.fingerprint):
        return f"alert:{alert.fingerprint}"
    # the labels are an alert's identity; without a fingerprint we make one
    labels = msgspec.json.encode(sorted(alert.labels.items()))
    return f"alert:{hashlib.sha256(labels).hexdigest()[:32]}"
