"""Web workers, the web half and the workers are killed forty times under load. What was promised is kept, once.

A real installation, started as the product starts it and killed by SIGKILL wherever it happens to be. Clients repeat
what got no answer, as real ones do. Afterwards every promise is held against record, outbox, ledger and mirror, and
the same account is drawn up over the same run with one thing wrong at a time: it has to notice each.
"""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories.account import Account, Promises, settle
from tests.stories.clients import Cti, Customers
from tests.stories.storm import INSIDE, Installation, Killer

KILLS = {"web worker": 17, "web": 4, "worker": 19}
SEED = 20261122
QUIET_WITHIN = 60  # seconds: a dead worker's lease on the outbox, and what follows from it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def installation(process_environment: dict[str, str], tmp_path: Path) -> Iterator[Installation]:
    running = Installation(process_environment, tmp_path / "installation.log")
    yield running
    running.stop()


def test_nothing_is_lost_or_sent_twice(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    promises, kills = through_the_storm(installation)
    record = json.loads(installation.run(sys.executable, str(INSIDE), "look", str(QUIET_WITHIN)))
    outbox = [json.loads(line) for line in installation.outbox.read_bytes().splitlines()]
    account = settle(promises, record, outbox)
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills: {figures(account, record, outbox)}\n")
    assert (account.lost, account.twice) == ([], [])
    assert kills == sum(KILLS.values())
    assert account.unknown == 0, "the outbox can be asked, so nothing stays in doubt"
    assert min(len(record[name]) for name in ("closings", "triggers", "responses")) > 0, "the whole loop was at work"
    for wrong, spoil in SPOILT.items():
        spoilt = copy.deepcopy((promises, record, outbox))
        spoil(*spoilt)
        noticed = settle(*spoilt)
        assert noticed.lost or noticed.twice, f"The account did not notice: {wrong}."


def through_the_storm(installation: Installation) -> tuple[Promises, int]:
    """Load and kills; what the clients were promised, and how many processes died."""
    installation.run(sys.executable, "-m", "zhiyin.cli", "migrate")
    key = installation.run(sys.executable, str(INSIDE), "found")
    promises = Promises()
    cti = Cti(installation.base, promises, key=key, seed=SEED)
    customers = Customers(installation.base, promises, installation.outbox, seed=SEED)
    killer = Killer(installation, {"web": lambda: len(promises.interactions), "worker": customers.seen}, SEED)
    installation.look_after()
    cti.start()
    customers.start()
    staff = [sys.executable, str(INSIDE), "staff"]
    with subprocess.Popen(staff, env=installation.environment, stdin=subprocess.PIPE) as at_work:
        killer.storm(KILLS)
        killer.wait(lambda: killer.victims("web worker") != [])
        cti.finish()
        customers.finish()
        at_work.communicate()
    assert at_work.returncode == 0
    assert cti.surprises + customers.surprises == []
    assert cti.repeated + customers.repeated > 0, "some kills did meet a request on its way"
    return promises, killer.kills.total()


def figures(account: Account, record: dict[str, Any], outbox: list[dict[str, Any]]) -> str:
    return (
        f"{account.acked} interactions and {account.submitted} answers acked, {len(outbox)} messages in the outbox, "
        f"{len(record['cases'])} cases, {len(record['closings'])} closed; lost {len(account.lost)}, "
        f"sent twice {len(account.twice)}, unknown {account.unknown}; quiet after {record['quiet_after']} s"
    )


# What could have gone wrong, and how it would look: each must show in the account.
Spoil = Callable[[Promises, dict[str, Any], list[dict[str, Any]]], object]
SPOILT: dict[str, Spoil] = {
    "an interaction was acked and is not there": lambda _p, record, _o: record["interactions"].pop(),
    "an interaction was not decided": lambda _p, record, _o: record["decisions"].pop(),
    "an interaction was decided twice": lambda _p, record, _o: record["decisions"].append(record["decisions"][0]),
    "an invitation is missing": lambda _p, record, _o: record["invitations"].pop(0),
    "somebody was invited twice": lambda _p, record, _o: record["invitations"].append(
        {**record["invitations"][0], "id": 1}
    ),
    "an invitation has no message": lambda _p, record, _o: record["messages"].remove(first_to_customer(record)),
    "a message never left": lambda _p, record, _o: first_to_customer(record).update(state="queued"),
    "a message was taken back without a reason": lambda _p, record, _o: first_to_customer(record).update(
        state="withdrawn"
    ),
    "a message says sent and is not in the outbox": lambda _p, _r, outbox: outbox.remove(first_line(outbox)),
    "a message went out twice": lambda _p, _r, outbox: outbox.append(first_line(outbox)),
    "an answer was thanked for and is not there": lambda _p, record, _o: record["responses"].pop(),
    "an answer is there twice": lambda _p, record, _o: record["responses"].append(record["responses"][0]),
    "a trigger is missing": lambda _p, record, _o: record["triggers"].pop(),
    "a case came from nowhere": lambda _p, record, _o: record["cases"].append({**record["cases"][0], "id": 1}),
    "a closing is missing": lambda _p, record, _o: record["closings"].pop(),
    "a customer was asked twice whether it helped": lambda _p, record, _o: record["refusals"].append(
        record["closings"][0]
    ),
    "the ledger was touched": lambda _p, record, _o: record["ledger"].update(fault="event 1: changed"),
    "a reaction gave up": lambda _p, record, _o: record.update(parked=1),
    "the mirror lacks an interaction": lambda _p, record, _o: record["mirror"]["interactions"].popitem(),
    "the mirror lacks a case": lambda _p, record, _o: record["mirror"]["clocks"].popitem(),
    "a client was told something else": lambda promises, _r, _o: next(iter(promises.interactions.values())).update(
        invitation="1"
    ),
}


def first_to_customer(record: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in record["messages"] if one["invitation_id"])


def first_line(outbox: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in outbox if one["invitation"])
