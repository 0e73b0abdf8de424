"""``precompute submit``: say that something happened, as a gateway does."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import click
import orjson
from rich.text import Text

from api.console import console_for, print_json, print_json_line, print_table, table_of
from api.remote.following import follow, styled, tell
from api.remote.media_file import placed
from api.remote.options import as_json, of_service
from api.remote.service import Service
from precompute.errors import BadParameters
from precompute.subjects import Subject

Command = Callable[..., Any]
Body = dict[str, Any]

_MOST_TOLD = 3
"""Predicted actions; --json has them all."""


@click.group()
def submit() -> None:
    """Say that a video was uploaded, a campaign created, or that a user logged in.

    What is queued for it is printed, and what is fresh already. --data takes the whole body as the API does, from a
    file or from standard input (-); what options say goes before it.
    """


def _trigger(command: Command) -> Command:
    for option in (
        click.option("--priority", type=click.IntRange(1, 10), help="Moves the tasks to the queue of that number."),
        click.option("--data", type=click.File("rb"), help="The body as JSON, from FILE, or - for standard input."),
        click.option("--set", "more", multiple=True, metavar="NAME=VALUE", help="More data; VALUE is JSON, or text."),
        click.option("--watch", "watched", is_flag=True, help="Follow the tasks until they have ended."),
        as_json,
    ):
        command = option(command)
    return of_service(command)


_user = click.option("--user", "user_id", help="Who did it.")
_callback = click.option("--callback-url", help="An address to be told at when all is done.")


@submit.command()
@click.argument("video_id", required=False)
@_user
@click.option("--source", metavar="URL|PATH", help="http or https, or a path inside the service's media folder.")
@click.option(
    "--file",
    "local",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A video on this machine; copied into PRECOMPUTE_MEDIA_ROOT unless it lies there.",
)
@click.option("--title", help="Of the video.")
@click.option("--duration", type=float, help="Of the video, in seconds.")
@_callback
@_trigger
def video(*, video_id: str | None, source: str | None, local: Path | None, **options: Any) -> None:
    """A video was uploaded. Without --source or --file it is looked up as VIDEO_ID.* in the media folder.

    Without VIDEO_ID a --file is called as it is named.
    """
    if source and local:
        raise click.UsageError("--source and --file exclude each other")
    given = {name: options.pop(name) for name in ("title", "duration")}
    if local is not None:
        video_id, source = placed(local, video_id=video_id, service=options["service"])
    body = _body(options, id_field="video_id", subject_id=video_id, data={"url": source, **given})
    _post(body, path="/video", subject=Subject.VIDEO, **options)


@submit.command()
@click.argument("campaign_id", required=False)
@_user
@click.option("--budget", help="Money to spend, in the account's currency.")
@click.option("--target-audience", help="For whom, in words or as JSON.")
@click.option("--video", "video_ids", multiple=True, metavar="VIDEO_ID", help="That it shows; repeat for more.")
@_callback
@_trigger
def campaign(*, campaign_id: str | None, video_ids: tuple[str, ...], **options: Any) -> None:
    """A campaign was created. Whatever else the brief holds is given by --set or --data."""
    data = {name: _json_or_text(options.pop(name)) for name in ("budget", "target_audience")}
    data["video_ids"] = list(video_ids) or None
    body = _body(options, id_field="campaign_id", subject_id=campaign_id, data=data)
    _post(body, path="/campaign", subject=Subject.CAMPAIGN, **options)


@submit.command()
@click.argument("user_id", required=False)
@click.option("--last-login", help="When the user was here before.")
@click.option("--timezone", help="IANA name, as Europe/Berlin.")
@_trigger
def login(*, user_id: str | None, **options: Any) -> None:
    """A user logged in."""
    data = {name: options.pop(name) for name in ("last_login", "timezone")}
    body = _body(options, id_field="user_id", subject_id=user_id, data=data)
    _post(body, path="/login", subject=Subject.USER, **options)


def _body(options: Body, *, id_field: str, subject_id: str | None, data: Mapping[str, Any]) -> Body:
    """The trigger's body, out of ``--data`` and of what options say; takes its own options out of ``options``."""
    whole = _read(options.pop("data"))
    more = dict(_pair(text) for text in options.pop("more"))
    named = {
        id_field: subject_id,
        **{name: options.pop(name, None) for name in ("user_id", "priority", "callback_url")},
    }
    if id_field == "user_id":
        named["user_id"] = subject_id
    whole.update({name: value for name, value in named.items() if value is not None})
    data_field = id_field.removesuffix("_id") + "_data"
    given = {**{name: value for name, value in data.items() if value is not None}, **more}
    if given:
        before = whole.get(data_field)
        whole[data_field] = {**(before if isinstance(before, dict) else {}), **given}
    if id_field not in whole:
        raise click.UsageError(f"{id_field.upper()} is missing; name it, or give it in --data")
    return whole


def _post(body: Body, *, path: str, subject: Subject, service: Service, as_json: bool, watched: bool) -> None:
    receipt = service.send("POST", path, body)
    subject_id = str(body[f"{subject}_id"])
    if as_json:
        (print_json_line if watched else print_json)({"event": "queued", **receipt} if watched else receipt)
    else:
        _tell(receipt, subject=subject, subject_id=subject_id)
    failed = list(receipt.get("failed", ()))
    if watched:
        wanted = [*receipt["queued_tasks"], *receipt["cached"]]
        outcome = follow(service, subject, subject_id, as_json=as_json, expected=wanted)
        if not as_json:
            tell(outcome, subject=subject, subject_id=subject_id)
        failed = [] if outcome.well else failed or ["some"]
    if watched and failed:
        sys.exit(1)


def _tell(receipt: Mapping[str, Any], *, subject: Subject, subject_id: str) -> None:
    failed = set(receipt.get("failed", ()))
    table = table_of("task type", "state", "task id")
    for name, ids in receipt["queued_tasks"].items():
        table.add_row(name, styled("failed" if name in failed else "queued"), ", ".join(ids))
    for name in receipt["cached"]:
        table.add_row(name, styled("ready"), "")
    console = console_for()
    print_table(console, table)
    for action in receipt.get("predicted_actions", ())[:_MOST_TOLD]:
        told = f"{action['action']} {100 * action['probability']:.0f} %"
        console.print(Text(f"will probably do next: {told}"), soft_wrap=True)
    click.echo(f"{receipt['message']} for {subject} {subject_id}.", err=True)


def _read(file: IO[bytes] | None) -> Body:
    if file is None:
        return {}
    try:
        whole = orjson.loads(file.read())
    except orjson.JSONDecodeError as flaw:
        raise BadParameters(f"--data is not valid JSON: {flaw}") from flaw
    if not isinstance(whole, dict):
        raise BadParameters("--data must be a JSON object, as the API takes it")
    return whole


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--set takes NAME=VALUE, not {text!r}")
    return name, _json_or_text(value)


def _json_or_text(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
