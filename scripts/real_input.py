"""Real data through the running product, as docs/real-input.md shows it.

    python -m scripts.real_input prepare FOLDER          writes the files that `import` and `survey publish` take
    python -m scripts.real_input answer FOLDER OUTBOX    sends every caller's form to the link that reached them

The data are looked for in ZHIYIN_SHARED_DATA, or in ../shared/data beside the checkout.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx

from tests.stories import real_input


def main(arguments: list[str]) -> int:
    match arguments:
        case ["prepare", folder]:
            prepare(Path(folder))
        case ["answer", folder, outbox]:
            answer(Path(folder), Path(outbox))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def prepare(folder: Path) -> None:
    """Write questionnaires, policy and the files to import, and keep what each caller will answer."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC) - timedelta(minutes=1)
    callers = list(real_input.callers(real_input.needs("telecom_voice_satisfaction.csv.gz")))
    (folder / "voice.toml").write_text(real_input.voice_survey(), "utf-8")
    (folder / "policy.toml").write_text('[sending_hours]\nfrom = "00:00"\nto = "24:00"\n', "utf-8")
    real_input.write_calls(callers, folder / "calls.csv", now=now)
    (folder / "answers.json").write_text(json.dumps({f"call-{one.number}": one.form() for one in callers}), "utf-8")
    incidents = real_input.incidents(real_input.needs("itsm_volvo_incidents.csv.gz"))
    real_input.write_incidents(incidents, folder)
    items = real_input.write_ecsi(real_input.needs("ecsi_mobi.csv"), folder / "ecsi.csv", now=now)
    (folder / "ecsi.toml").write_text(real_input.ecsi_survey(items), "utf-8")
    print(f"{len(callers)} callers, {len(incidents)} incidents, {len(items)} items: {folder}")


def answer(folder: Path, outbox: Path) -> None:
    """One POST per caller, to the link in the outbox. Which link is whose is asked of the API's record: the calls were
    imported in the order of the file, and ids rise in that order."""
    forms = json.loads((folder / "answers.json").read_text("utf-8"))
    lines = [json.loads(line) for line in outbox.read_text("utf-8").splitlines()]
    sent = sorted((int(line["invitation"]), line["link"]) for line in lines if line["invitation"])
    started = time.perf_counter()
    parts = urlsplit(sent[0][1])
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", timeout=30) as client:
        for (_invitation, link), form in zip(sent, forms.values(), strict=True):
            body = urlencode([tuple(pair) for pair in form])
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            done = client.post(urlsplit(link).path, content=body, headers=headers)
            done.raise_for_status()
    print(f"{len(sent)} answers in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
