"""``precompute watch``: the tasks of a subject, live."""

import sys

import click

from api.completion import subject_ids
from api.remote.following import follow, tell
from api.remote.options import as_json, of_service
from api.remote.service import Service
from precompute.subjects import Subject, check_id


@click.command()
@click.argument("subject", type=click.Choice([each.value for each in Subject]))
@click.argument("subject_id", metavar="ID", shell_complete=subject_ids)
@of_service
@as_json
def watch(*, service: Service, subject: str, subject_id: str, as_json: bool) -> None:
    """Follow what is computed about SUBJECT ID until all of it has ended.

    The exit code is 0 when everything is ready, and 1 when something failed, is missing, or nobody asked for anything.
    With --json each change is one line of JSON. A connection that breaks is made anew.
    """
    check_id(subject_id, field="ID")
    try:
        outcome = follow(service, subject, subject_id, as_json=as_json)
    except KeyboardInterrupt:
        click.echo("Watched no longer; what is being computed goes on.", err=True)
        sys.exit(1)
    if not as_json:
        tell(outcome, subject=subject, subject_id=subject_id)
    if not outcome.well:
        sys.exit(1)
