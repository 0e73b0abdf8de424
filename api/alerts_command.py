"""``precompute alerts``: what is wrong now, and whether messages about it arrive."""

import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.table import Table

from api.console import console_for, print_json
from precompute.alerts import Alert, active_alerts, looked_at
from precompute.cache import Cache
from precompute.clock import iso, system_clock, to_ms
from precompute.errors import PrecomputeError
from precompute.hysteresis import identity
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.shared_clock import SharedClock
from workers.alert_sending import check_addresses, lasted, scheme_of, send

NO_URLS = "PRECOMPUTE_ALERT_URLS is not set: alerts are shown here, on the page and in the metrics, and sent nowhere."


class NotSent(PrecomputeError):
    """A test message was not taken."""

    code = "alert_not_sent"


@click.command()
@click.option("--test", "is_test", is_flag=True, help="Send a message to every URL of PRECOMPUTE_ALERT_URLS now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def alerts(*, is_test: bool, as_json: bool) -> None:
    """List what is wrong now, and since when.

    With --test a message goes to every URL that alerts are sent to, at once and past all that waits; the exit code
    tells whether all of them took it.
    """
    settings = Settings.from_environ(os.environ)
    check_addresses(settings.alert_urls)
    if is_test:
        _test(settings.alert_urls, as_json=as_json)
        return
    client = connect(settings.redis_url)
    cache = Cache(client, clock=SharedClock(client))
    active, looked = active_alerts(cache), looked_at(cache)
    if as_json:
        print_json({"alerts": [told(each) for each in active], "looked_at": None if looked is None else iso(looked)})
        return
    _list(active, now=cache.clock())
    if looked is None:
        click.echo("Nobody has looked yet: is the stack running (`make run`)?", err=True)
    elif (ago := cache.clock() - looked) > 4 * settings.alert_interval:
        click.echo(f"Nobody has looked for {lasted(ago)}: is the stack running (`make run`)?", err=True)
    if not settings.alert_urls:
        click.echo(NO_URLS, err=True)


def told(alert: Alert) -> dict[str, Any]:
    """One alert as JSON tells it."""
    return {
        "name": alert.name,
        "labels": dict(alert.labels),
        "since": iso(alert.since),
        "value": alert.value,
        "threshold": alert.threshold,
        "summary": alert.summary,
    }


def _list(active: Sequence[Alert], *, now: datetime) -> None:
    if not active:
        click.echo("Nothing is wrong.")
        return
    table = Table("alert", "for", "what", box=None, pad_edge=False)
    for alert in active:
        table.add_row(identity(alert.name, alert.labels), lasted(now - alert.since), alert.summary)
    console_for().print(table)


def _test(urls: Sequence[str], *, as_json: bool) -> None:
    if not urls:
        raise NotSent("PRECOMPUTE_ALERT_URLS is not set, so there is nowhere to send to")
    now = to_ms(system_clock())
    text = "This is a test of PRECOMPUTE_ALERT_URLS. Nothing is wrong."
    message = {"alert": "test", "ended": False, "since_ms": now, "at_ms": now, "text": text}
    sent = []
    for place, url in enumerate(urls, start=1):
        began = time.monotonic()
        about = {"url": place, "service": scheme_of(url), "sent": send(url, message)}
        sent.append({**about, "seconds": round(time.monotonic() - began, 3)})
        if not as_json:
            click.echo(f"{place}. {about['service']}: {'sent' if about['sent'] else 'not taken'}")
    if as_json:
        print_json({"sent": sent})
    if failed := [each for each in sent if not each["sent"]]:
        raise NotSent(f"{len(failed)} of {len(urls)} URLs of PRECOMPUTE_ALERT_URLS did not take the message")
