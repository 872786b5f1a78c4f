"""Fields at rest: only the right key opens, only in the place where they were sealed; hashes find and tell nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.crypto import Place, Unreadable, Vault, digest

OLD, NEW, OTHER = (bytes([number]) * 32 for number in (1, 2, 3))
PHONE = Place("people_identity", "value_sealed", 7)
VAULT = Vault([("k1", OLD)])


@given(st.text())
def test_what_was_sealed_opens_again(text):
    assert VAULT.open(VAULT.seal(text, place=PHONE), place=PHONE) == text


@pytest.mark.parametrize(
    "place",
    [
        Place("people_identity", "value_sealed", 8),
        Place("people_identity", "masked", 7),
        Place("people_customer", "value_sealed", 7),
        Place("people_identity|value_sealed", "", 7),
    ],
    ids=["another row", "another column", "another table", "a table with a telling name"],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(place):
    with pytest.raises(Unreadable, match="was altered or moved"):
        VAULT.open(VAULT.seal("13800138000", place=PHONE), place=place)


def test_the_same_text_never_looks_the_same_twice():
    assert VAULT.seal("13800138000", place=PHONE) != VAULT.seal("13800138000", place=PHONE)


def test_nothing_of_the_text_stands_in_the_ciphertext():
    assert b"13800138000" not in VAULT.seal("13800138000", place=PHONE)


def test_every_altered_byte_is_noticed():
    sealed = VAULT.seal("王芳", place=PHONE)
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(Unreadable):
            VAULT.open(bytes(altered), place=PHONE)


def test_every_cut_is_noticed():
    sealed = VAULT.seal("王芳", place=PHONE)
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            VAULT.open(sealed[:length], place=PHONE)


class TestRotation:
    RING = Vault([("k2", NEW), ("k1", OLD)])

    def test_the_first_key_seals_and_every_key_opens(self):
        before = VAULT.seal("王芳", place=PHONE)
        after = self.RING.seal("王芳", place=PHONE)
        assert (self.RING.key_id(before), self.RING.key_id(after)) == ("k1", "k2")
        assert self.RING.open(before, place=PHONE) == self.RING.open(after, place=PHONE) == "王芳"

    def test_a_key_that_left_the_ring_is_named(self):
        with pytest.raises(Unreadable, match="no key with the id 'k1' is configured"):
            Vault([("k2", NEW)]).open(VAULT.seal("王芳", place=PHONE), place=PHONE)

    def test_another_key_under_the_same_id_does_not_open(self):
        with pytest.raises(Unreadable, match="was altered or moved"):
            Vault([("k1", OTHER)]).open(VAULT.seal("王芳", place=PHONE), place=PHONE)

    def test_rotating_loses_nothing_that_is_found_by_hash(self):
        assert self.RING.find("phone", "+8613800138000") == VAULT.find("phone", "+8613800138000")


class TestFinding:
    def test_a_hash_depends_on_the_value_the_kind_and_the_key(self):
        found = {
            VAULT.find("phone", "+8613800138000"),
            VAULT.find("phone", "+8613800138001"),
            VAULT.find("external", "+8613800138000"),
            Vault([("k1", OTHER)]).find("phone", "+8613800138000"),
        }
        assert len(found) == 4
        assert {len(one) for one in found} == {32}

    def test_a_value_cannot_pose_as_another_kind(self):
        assert VAULT.find("a", "b\0c") != VAULT.find("a\0b", "c\0")

    def test_a_hash_is_not_the_plain_hash_of_the_value(self):
        assert VAULT.find("phone", "+8613800138000") != digest(b"phone\0+8613800138000")


def test_digest_is_sha_256():
    assert digest(b"").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.text()), max_size=5))
def test_many_are_sealed_as_one_by_one_each_for_its_own_row(rows):
    sealed = VAULT.seal_many(rows, table="people_identity", column="value_sealed")
    for (row, text), blob in zip(rows, sealed, strict=True):
        assert VAULT.open(blob, place=Place("people_identity", "value_sealed", row)) == text
        with pytest.raises(Unreadable):
            VAULT.open(blob, place=Place("people_identity", "value_sealed", row + 1))
    nonces = [blob[3:15] for blob in sealed]
    assert len(set(nonces)) == len(nonces)
