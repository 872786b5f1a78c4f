"""The front door of ``zhiyin``. Commands are imported when they are called, so that ``--help`` is instant."""

import os
import signal
import sys
from importlib import import_module
from typing import Any

import click

import zhiyin
from zhiyin.cli.frame import one_line

# command: (module, one line for the list)
COMMANDS = {
    "serve": ("zhiyin.cli.serve", "Everything in one command: migrates, web and worker."),
    "demo": ("zhiyin.cli.demo", "The sample hotline on a throw-away data folder, with live simulated traffic."),
    "web": ("zhiyin.cli.serve", "The web half, for production; any number."),
    "worker": ("zhiyin.cli.worker", "The background half, for production; any number."),
    "init": ("zhiyin.cli.people", "Create the organisation from an industry pack."),
    "user": ("zhiyin.cli.people", "Staff who may sign in."),
    "apikey": ("zhiyin.cli.people", "Keys for other programs."),
    "import": ("zhiyin.cli.imports", "Bring in units, staff, customers, interactions or responses from CSV or XLSX."),
    "simulate": ("zhiyin.cli.simulate", "Replay history through the fatigue rules without touching any record."),
    "policy": ("zhiyin.cli.policy", "The outreach policy as a file."),
    "survey": ("zhiyin.cli.survey", "Publish a questionnaire from a file."),
    "measure": ("zhiyin.cli.measure", "One measure, with n and interval."),
    "gateway-simulator": ("zhiyin.cli.gateway_simulator", "Every message gateway on this machine, to try the loop."),
    "audit": ("zhiyin.cli.audit", "Check that nobody has touched the ledger."),
    "check": ("zhiyin.cli.audit", "Is this installation sound? Settings, database, migrations, ledger."),
    "erase": ("zhiyin.cli.people", "Forget who a customer was; figures stay."),
    "migrate": ("zhiyin.cli.serve", "Bring the database to this version."),
}


class LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[cmd_name][0]), f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_module, line) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(zhiyin.__version__, prog_name="zhiyin")
def main() -> None:
    """Zhiyin 知音: the closed loop of customer satisfaction."""


def run(arguments: list[str] | None = None) -> None:
    """Entry point: every mistake is one line on standard error, with the right exit code."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `zhiyin measure … | head` ends quietly
    sys.exit(exit_code(arguments))


def exit_code(arguments: list[str] | None) -> int:
    """Run a command; what went wrong is told in one line. Returns the exit code (CONTRACT section 2)."""
    try:
        result: Any = main.main(args=arguments, prog_name="zhiyin", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as nothing_asked:
        click.echo(nothing_asked.format_message(), err=True)
        return 2
    except click.UsageError as usage:
        where = usage.ctx.command_path if usage.ctx else "zhiyin"
        said = " ".join(usage.format_message().split())  # click lists choices over many lines
        click.echo(f"{where}: {said} Try '{where} --help'.", err=True)
        return 2
    except click.ClickException as failed:
        click.echo(failed.format_message(), err=True)
        return failed.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as unexpected:
        if os.environ.get("ZHIYIN_DEBUG") == "1":
            raise
        told = f"{type(unexpected).__name__}: {one_line(unexpected)}"
        click.echo(f"zhiyin: unexpected: {told} (ZHIYIN_DEBUG=1 shows where)", err=True)
        return 1
    return result if isinstance(result, int) else 0
