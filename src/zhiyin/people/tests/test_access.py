"""The one door to rows: what lies outside the viewer's units is not there."""

from datetime import timedelta

import pytest

from zhiyin.lib.errors import NotFound
from zhiyin.people.access import one_visible, subtree, viewer_by_id, viewer_of, viewer_of_key, visible
from zhiyin.people.models import ApiKey, Staff, Unit
from zhiyin.people.roles import Permission
from zhiyin.people.testing import NOW, make_staff, make_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree() -> dict[str, int]:
    return make_tree()


class TestSubtrees:
    def test_the_root_is_everything(self, tree):
        assert subtree(Unit.objects.get(code="HQ")) is None

    @pytest.mark.parametrize(("code", "below"), [("N", {"N", "N-1"}), ("N-1", {"N-1"}), ("S", {"S", "S-1"})])
    def test_a_unit_is_itself_and_all_below_it(self, tree, code, below):
        assert subtree(Unit.objects.get(code=code)) == {tree[one] for one in below}

    def test_a_key_that_begins_like_another_is_not_below_it(self, tree):
        """/1/2/ is above /1/2/3/ and not above /1/21/."""
        unit = Unit.objects.get(code="N")
        Unit.objects.create(code="X", name={}, parent_id=tree["HQ"], path=f"{unit.path[:-1]}1/")
        assert subtree(unit) == {tree["N"], tree["N-1"]}


class TestViewers:
    def test_somebody_sees_the_subtree_of_their_unit(self, tree):
        by = make_staff("team_lead", unit="N")
        assert by.units == {tree["N"], tree["N-1"]}
        assert by.sees_unit(tree["N-1"])
        assert not by.sees_unit(tree["S"])
        assert not by.sees_unit(None)

    def test_who_was_locked_out_may_do_nothing(self, tree):
        by = make_staff("administrator", unit="HQ")
        Staff.objects.filter(pk=by.staff_id).update(is_active=False)
        assert viewer_of(Staff.objects.get(pk=by.staff_id)).permissions == frozenset()
        with pytest.raises(NotFound):
            viewer_by_id(by.staff_id or 0)

    def test_a_role_cut_short_counts_from_the_next_look(self, tree):
        by = make_staff("quality_manager")
        Staff.objects.filter(pk=by.staff_id).update(role="agent")
        assert not viewer_by_id(by.staff_id or 0).may(Permission.EXPORT)

    @pytest.mark.parametrize(("scope", "may_import"), [("read", False), ("write", True)])
    def test_a_key_brings_in_only_when_it_may_write(self, tree, scope, may_import):
        by = viewer_of_key(ApiKey(pk=3, scope=scope, unit=Unit.objects.get(code="N"), created_at=NOW))
        assert by.may(Permission.IMPORT) is may_import
        assert (by.actor, by.units) == ("api:3", {tree["N"], tree["N-1"]})
        for never in (Permission.MANAGE_PEOPLE, Permission.REVEAL_CONTACT, Permission.EXPORT, Permission.SEE_AUDIT):
            assert not by.may(never)

    def test_a_key_without_a_unit_sees_everything(self, tree):
        assert viewer_of_key(ApiKey(pk=3, scope="read", created_at=NOW)).units is None


class TestRows:
    def test_a_list_holds_only_rows_of_the_viewers_units(self, tree):
        make_staff(unit="N-1"), make_staff(unit="S-1")
        by = make_staff("team_lead", unit="N")
        rows = visible(Staff.objects.all(), by=by)
        assert set(rows.values_list("unit_id", flat=True)) == {tree["N"], tree["N-1"]}

    def test_another_branchs_row_and_no_row_are_refused_in_the_same_words(self, tree):
        outsider = make_staff(unit="S-1")
        by = make_staff("team_lead", unit="N")
        said = []
        for key in (outsider.staff_id, 10**9):
            with pytest.raises(NotFound) as refused:
                one_visible(Staff.objects.all(), by=by, pk=key)
            said.append((str(refused.value), refused.value.code, refused.value.status))
        assert said[0] == said[1]

    def test_ones_own_row_is_there(self, tree):
        by = make_staff(unit="N-1", now=NOW + timedelta(days=1))
        assert one_visible(Staff.objects.all(), by=by, pk=by.staff_id).pk == by.staff_id
