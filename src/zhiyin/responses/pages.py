"""What customers see, prepared once per process for each version, language and size.

A published version never changes, so only a new name of the organisation or a new policy can age a prepared page:
after a minute it is made anew.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from zhiyin.people.queries import Preferences
from zhiyin.responses import rendering
from zhiyin.responses.choosing import Done
from zhiyin.responses.prepared import Prepared, prepare
from zhiyin.responses.rendering import Look
from zhiyin.responses.rules import Filled
from zhiyin.surveys.queries import VersionCard, version

KEPT_FOR = 60.0  # seconds
KEPT_AT_MOST = 400  # of pages, and of versions


@dataclass(frozen=True, slots=True)
class Kept:
    page: Prepared
    until: float


class Pages:
    """The prepared pages of this process."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[tuple[object, ...], Kept] = {}
        self._versions: dict[int, VersionCard] = {}

    def version(self, version_id: int) -> VersionCard | None:
        """The version, read once: it never changes."""
        if version_id not in self._versions:
            found = version(version_id)
            if found is None:
                return None
            if len(self._versions) >= KEPT_AT_MOST:
                self._versions.clear()
            self._versions[version_id] = found
        return self._versions[version_id]

    def known_version(self, version_id: int) -> VersionCard | None:
        """The version if this process has met it, without asking: a stranger may name any number."""
        return self._versions.get(version_id)

    def survey(self, card: VersionCard, look: Look, *, served: bool) -> Prepared:
        """The empty questionnaire. Open places: started, dies, token, and ``served`` where that is known."""
        return self._get(("survey", card.id, look, served), lambda: rendering.survey(card, look, served=served))

    def survey_again(self, card: VersionCard, look: Look, filled: Filled, *, served: bool) -> Prepared:
        """The questionnaire with what was typed and what is wrong with it. Made for one customer, not kept."""
        return prepare(rendering.survey(card, look, served=served, filled=filled), policy=rendering.policy(look))

    def thanks(self, card: VersionCard, look: Look, *, low: bool) -> Prepared:
        return self._get(("thanks", card.id, look, low), lambda: rendering.thanks(card, look, low=low))

    def unavailable(self, look: Look, *, with_words: bool) -> Prepared:
        """The one page for every link that does not open. Open place, with words: words."""
        return self._get(("dead", look, with_words), lambda: rendering.unavailable(look, with_words=with_words))

    def preferences(self, card: VersionCard, look: Look, known: Preferences, done: Done) -> Prepared:
        """What one customer wants to be asked. Made for them, not kept."""
        return prepare(rendering.preferences(card, look, known, done), policy=rendering.policy(look))

    def _get(self, key: tuple[object, ...], render: Callable[[], str]) -> Prepared:
        kept = self._kept.get(key)
        if kept is not None and self._clock() < kept.until:
            return kept.page
        if len(self._kept) >= KEPT_AT_MOST:
            self._kept.clear()
        look = next(part for part in key if isinstance(part, Look))
        page = prepare(render(), policy=rendering.policy(look))
        self._kept[key] = Kept(page, self._clock() + KEPT_FOR)
        return page
