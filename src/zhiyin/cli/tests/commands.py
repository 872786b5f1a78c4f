"""Running a command inside the test's own process, on the test's own database."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from zhiyin.cli.main import exit_code


@dataclass(frozen=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


def runner(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """``run("user", "create", …)``. Only the process is missing: arguments, exit code and both outputs are real."""

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        code = exit_code([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Done(code, written.out, written.err)

    return run
