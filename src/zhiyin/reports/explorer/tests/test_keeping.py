"""Saved views and dashboards: whose they are, who sees them, and that nobody loses what they typed or deleted."""

from datetime import timedelta

import pytest

from zhiyin.ledger.queries import events
from zhiyin.lib.errors import NotFound, Refused, StaleEdit
from zhiyin.people.access import Viewer
from zhiyin.people.testing import NOW, make_staff, make_tree, units
from zhiyin.reports.explorer import keeping
from zhiyin.reports.explorer.keeping import Audience
from zhiyin.reports.explorer.models import SavedView

pytestmark = pytest.mark.django_db
QUERY = "measure=top_box&rows=touchpoint"


@pytest.fixture(autouse=True)
def tree() -> dict[str, int]:
    return make_tree()


def save(by: Viewer, name: str = "周报", audience: Audience = Audience()) -> int:  # noqa: B008  (frozen)
    return keeping.save_view(name=name, query=QUERY, audience=audience, by=by, now=NOW)


def seen(by: Viewer) -> list[str]:
    return [card.name for card in keeping.views(by=by)]


class TestWhoSees:
    def test_a_private_view_is_for_its_owner_alone(self):
        owner, colleague = make_staff("quality_manager", unit="N"), make_staff("quality_manager", unit="N")
        save(owner)
        assert (seen(owner), seen(colleague)) == (["周报"], [])

    @pytest.mark.parametrize(
        ("unit", "role", "reader", "sees"),
        [
            ("N", "", ("team_lead", "N-1"), True),
            ("N", "", ("team_lead", "N"), True),
            ("N", "", ("quality_manager", "HQ"), False),
            ("N", "", ("team_lead", "S-1"), False),
            ("N", "team_lead", ("team_lead", "N-1"), True),
            ("N", "team_lead", ("quality_manager", "N-1"), False),
            ("N-1", "", ("team_lead", "N"), False),
        ],
    )
    def test_it_is_shared_with_a_unit_and_all_below_it_and_there_with_a_role(self, tree, unit, role, reader, sees):
        owner = make_staff("quality_manager", unit="HQ")
        save(owner, audience=Audience(tree[unit], role))
        assert bool(seen(make_staff(reader[0], unit=reader[1]))) is sees

    def test_nobody_shares_with_a_branch_that_they_do_not_see(self):
        northerner = make_staff("quality_manager", unit="N")
        for code in ("S", "NONE"):
            with pytest.raises(NotFound):
                keeping.audience_of(code, "", by=northerner)

    def test_what_others_share_is_theirs_to_change(self, tree):
        owner, reader = make_staff("quality_manager", unit="HQ"), make_staff("team_lead", unit="N")
        view = save(owner, audience=Audience(tree["HQ"]))
        for attempt in (
            lambda: keeping.own_card("view", view, by=reader),
            lambda: keeping.delete("view", view, by=reader, now=NOW),
            lambda: keeping.restore("view", view, by=reader, now=NOW),
        ):
            with pytest.raises(NotFound):
                attempt()

    def test_who_moves_to_another_unit_sees_what_is_shared_there(self, tree):
        owner, reader = make_staff("quality_manager", unit="HQ"), make_staff("team_lead", unit="S")
        save(owner, audience=Audience(tree["N"]))
        assert seen(reader) == []
        from dataclasses import replace  # noqa: PLC0415

        assert seen(replace(reader, unit_id=tree["N-1"])) == ["周报"]


class TestChanging:
    def test_who_saw_an_older_state_overwrites_nothing(self):
        owner = make_staff("quality_manager", unit="N")
        view = save(owner)
        changed = {"view_id": view, "query": QUERY, "audience": Audience(), "by": owner, "now": NOW}
        keeping.change_view(name="第一次", version=1, **changed)
        with pytest.raises(StaleEdit, match="第一次"):
            keeping.change_view(name="第二次", version=1, **changed)
        assert seen(owner) == ["第一次"]

    @pytest.mark.parametrize("name", ["", "  ", "\u200b\u202e"])
    def test_a_name_is_needed(self, name):
        with pytest.raises(keeping.NameMissing):
            save(make_staff("quality_manager", unit="N"), name=name)

    def test_what_is_deleted_comes_back_for_a_while(self):
        owner = make_staff("quality_manager", unit="N")
        view = save(owner)
        keeping.delete("view", view, by=owner, now=NOW)
        assert seen(owner) == []
        keeping.restore("view", view, by=owner, now=NOW + timedelta(minutes=4))
        assert seen(owner) == ["周报"]
        keeping.delete("view", view, by=owner, now=NOW)
        with pytest.raises(Refused, match="可撤销"):
            keeping.restore("view", view, by=owner, now=NOW + timedelta(minutes=6))

    def test_after_a_day_it_is_gone_for_good(self):
        owner = make_staff("quality_manager", unit="N")
        keeping.delete("view", save(owner), by=owner, now=NOW)
        kept = save(owner, name="留着")
        keeping.forget_deleted(now=NOW + timedelta(hours=23))
        assert SavedView.objects.count() == 2
        keeping.forget_deleted(now=NOW + timedelta(hours=25))
        assert list(SavedView.objects.values_list("pk", flat=True)) == [kept]

    def test_every_change_is_written_down(self, tree):
        owner = make_staff("quality_manager", unit="N")
        view = save(owner)
        keeping.change_view(
            view_id=view, name="周报", query=QUERY, audience=Audience(tree["N"]), version=1, by=owner, now=NOW
        )
        keeping.delete("view", view, by=owner, now=NOW)
        keeping.restore("view", view, by=owner, now=NOW)
        told = [event.kind for event in events(subject=f"view:{view}", limit=9)]
        assert told == [
            "explorer.view_restored",
            "explorer.view_deleted",
            "explorer.view_shared",
            "explorer.view_saved",
        ]


class TestDashboards:
    @pytest.fixture
    def board(self) -> tuple[Viewer, int, list[int]]:
        owner = make_staff("quality_manager", unit="N")
        board = keeping.make_dashboard(name="晨会", audience=Audience(), by=owner, now=NOW)
        for name in "甲乙丙":
            keeping.pin(dashboard_id=board, view_id=save(owner, name=name), by=owner, now=NOW)
        return owner, board, [tile.id for tile in keeping.tiles(board, by=owner)]

    def names(self, board: int, by: Viewer) -> str:
        return "".join(tile.name for tile in keeping.tiles(board, by=by))

    @pytest.mark.parametrize(
        ("tile", "how", "expected"),
        [
            (0, {"step": 1}, "乙甲丙"),
            (2, {"step": -1}, "甲丙乙"),
            (0, {"step": -1}, "甲乙丙"),
            (2, {"step": 1}, "甲乙丙"),
            (2, {"onto": 0}, "丙甲乙"),
            (0, {"onto": 2}, "乙丙甲"),
        ],
    )
    def test_tiles_move_by_buttons_and_by_dragging(self, board, tile, how, expected):
        owner, number, tiles = board
        if "onto" in how:
            how = {"onto": tiles[how["onto"]]}
        keeping.move(dashboard_id=number, tile_id=tiles[tile], by=owner, now=NOW, **how)
        assert self.names(number, owner) == expected

    def test_a_tile_of_another_dashboard_is_not_there(self, board):
        owner, number, tiles = board
        other = keeping.make_dashboard(name="别的", audience=Audience(), by=owner, now=NOW)
        for attempt in (
            lambda: keeping.move(dashboard_id=other, tile_id=tiles[0], step=1, by=owner, now=NOW),
            lambda: keeping.unpin(dashboard_id=other, tile_id=tiles[0], by=owner, now=NOW),
            lambda: keeping.tile_card(other, tiles[0], by=owner),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert self.names(number, owner) == "甲乙丙"

    def test_a_deleted_views_tile_goes_and_comes_back_with_it(self, board):
        owner, number, _tiles = board
        view = keeping.tiles(number, by=owner)[1].view_id
        keeping.delete("view", view, by=owner, now=NOW)
        assert self.names(number, owner) == "甲丙"
        keeping.restore("view", view, by=owner, now=NOW)
        assert self.names(number, owner) == "甲乙丙"

    def test_a_view_stands_once_on_a_dashboard(self, board):
        owner, number, _tiles = board
        view = keeping.tiles(number, by=owner)[0].view_id
        keeping.pin(dashboard_id=number, view_id=view, by=owner, now=NOW)
        assert self.names(number, owner) == "甲乙丙"

    def test_a_shared_dashboard_shows_its_owners_views_and_not_a_strangers_private_ones(self, board):
        owner, number, _tiles = board
        colleague, reader = make_staff("quality_manager", unit="N"), make_staff("team_lead", unit="N-1")
        north = units().get(code="N").pk
        keeping.change_dashboard(
            dashboard_id=number, name="晨会", audience=Audience(north), version=1, by=owner, now=NOW
        )
        lent = save(colleague, name="借", audience=Audience(north, "quality_manager"))
        keeping.pin(dashboard_id=number, view_id=lent, by=owner, now=NOW)
        assert self.names(number, owner) == "甲乙丙借"
        assert self.names(number, reader) == "甲乙丙"
