"""``policy show`` and ``policy apply``."""

from pathlib import Path

import click

from zhiyin.cli.frame import BadInput, changes_record, needs_django, now


@click.group("policy")
def policy_command() -> None:
    """The outreach policy as a file."""


@policy_command.command("show")
@needs_django
def show() -> None:
    """Print the policy in force, as a file that `policy apply` takes."""
    from zhiyin.outreach.queries import policy_text  # noqa: PLC0415  (Django must be set up first)

    click.echo(policy_text(), nl=False)


@policy_command.command("apply")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Also where it names units or scenarios that are not there yet.")
@changes_record
def apply(file: Path, force: bool) -> None:
    """Put a policy in force as a new version. The same file again makes none.

    A unit, scenario, touchpoint or channel that is not there is refused with the near name; a brand or segment that no
    customer has is remarked on.
    """
    from zhiyin.outreach.actions import apply_policy  # noqa: PLC0415
    from zhiyin.outreach.naming import unheard_of  # noqa: PLC0415
    from zhiyin.outreach.rules import PolicyInvalid  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415

    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as broken:
        raise BadInput(f"{file}: {getattr(broken, 'strerror', None) or 'not UTF-8 text'}.") from broken
    try:
        number, is_new = apply_policy(text, by=Viewer.system("cli"), now=now(), checks_names=not force)
    except PolicyInvalid as invalid:
        raise BadInput(f"{file}: {'; '.join(str(invalid).splitlines())}") from invalid
    for problem in unheard_of(text):
        click.echo(f"{file}: {problem.sentence('en')}", err=True)
    click.echo(f"policy={number} {'new' if is_new else 'unchanged'}")
