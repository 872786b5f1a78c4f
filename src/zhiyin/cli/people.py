"""``init``, ``user`` and ``apikey``."""

import secrets

import click

from zhiyin.cli.frame import BadInput, WorkFailed, changes_record, founds_record, now

ROLES = ("agent", "team_lead", "quality_manager", "touchpoint_owner", "executive", "auditor", "administrator")


@click.command("init")
@click.option("--template", required=True, help="Industry pack, such as hotline.")
@click.option("--name", default="", help="The organisation's name; the pack's own otherwise.")
@founds_record
def init_command(template: str, name: str) -> None:
    """Create the organisation from an industry pack."""
    from zhiyin.cli.serve import migrate  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.lib.errors import Refused  # noqa: PLC0415
    from zhiyin.packs.format import built_in_packs  # noqa: PLC0415
    from zhiyin.packs.install import Founding, found, pack_of  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415

    known = built_in_packs()
    if template not in known:
        raise BadInput(f"--template {template}: there is no such pack. Use one of: {', '.join(known)}.")
    migrate(quiet=True)
    given = {"zh-hans": name, "en": name} if name else dict(pack_of(template).about.sample.organisation)
    try:
        found(Founding(name=given, pack=template), by=Viewer.system("cli"), now=now())
    except Refused as refused:
        raise WorkFailed(str(refused)) from refused
    click.echo(f"organisation={given.get('en', name)} pack={template}")


@click.group("user")
def user_command() -> None:
    """Staff who may sign in."""


@user_command.command("create")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES))
@click.option("--unit", default="", help="Code of the unit; the top one otherwise.")
@click.option("--name", default="", help="As colleagues see it; the e-mail's first part otherwise.")
@changes_record
def create_user(email: str, role: str, unit: str, name: str) -> None:
    """Create somebody who may sign in, and print their password this once."""
    from django.core.exceptions import ValidationError  # noqa: PLC0415
    from django.core.validators import validate_email  # noqa: PLC0415

    from zhiyin.lib.errors import Refused  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.actions import StaffGiven, put_staff  # noqa: PLC0415
    from zhiyin.people.queries import root_unit_code  # noqa: PLC0415

    try:
        validate_email(email)
    except ValidationError:
        raise BadInput(f"EMAIL {email}: not an e-mail address.") from None
    code = unit or root_unit_code()
    if not code:
        raise WorkFailed("There is no organisation yet. Run `zhiyin init --template hotline` first.")
    password = secrets.token_urlsafe(12)
    given = StaffGiven(name or email.partition("@")[0], code, role, email=email, password=password)
    try:
        put_staff(given, by=Viewer.system("cli"), now=now())
    except Refused as refused:
        raise BadInput(f"--unit {unit}: {refused}") from refused
    click.echo(f"email={email} role={role} unit={code} password={password}")


@click.group("apikey")
def apikey_command() -> None:
    """Keys for other programs."""


@apikey_command.command("create")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scope", required=True, type=click.Choice(("read", "write")))
@click.option("--unit", default="", help="Only this unit and those below it.")
@changes_record
def create_key(name: str, scope: str, unit: str) -> None:
    """Make a key and print its secret this once."""
    from zhiyin.lib.errors import NotFound, Refused  # noqa: PLC0415
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.api_auth import create_api_key  # noqa: PLC0415

    try:
        secret = create_api_key(name=name, scope=scope, unit=unit, by=Viewer.system("cli"), now=now())
    except NotFound as unknown:
        raise BadInput(f"--unit {unit}: {unknown}") from unknown
    except Refused as refused:
        raise BadInput(f"--name: {refused}") from refused
    click.echo(secret)


@click.command("erase")
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask again; there is no way back.")
@changes_record
def erase_command(customer: str, yes: bool) -> None:
    """Forget who CUSTOMER was: their own number, name, phones and e-mails. Figures stay, and nobody writes to them."""
    from zhiyin.lib.errors import NotFound, Refused  # noqa: PLC0415  (Django must be set up first)
    from zhiyin.people.access import Viewer  # noqa: PLC0415
    from zhiyin.people.actions import erase  # noqa: PLC0415
    from zhiyin.people.identify import find_customer  # noqa: PLC0415

    found = find_customer("external", customer)
    if found is None:
        raise BadInput(f"CUSTOMER {customer}: there is no such customer.")
    if not yes:
        click.confirm(f"Erase {customer}? There is no way back", abort=True)
    try:
        erase(found, by=Viewer.system("cli"), now=now())
    except NotFound as gone:
        raise BadInput(f"CUSTOMER {customer}: was erased already.") from gone
    except Refused as refused:
        raise WorkFailed(f"CUSTOMER {customer}: {refused}") from refused
    click.echo(f"customer={customer} erased")
