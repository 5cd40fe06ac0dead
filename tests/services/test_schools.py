"""Schools, found by what people write in the cell."""

import pytest

from services import schools
from services.errors import NotFound
from services.schools import Schools
from tests import factories

ONE = "示范第一小学"


@pytest.fixture
def known(session):
    factories.school(session, code="1001", name=ONE)
    factories.school(session, code="1002", name="示范中学（东校区）")
    session.commit()
    return lambda create=False, default_code="": Schools(session, create, default_code)


class TestFind:
    def test_by_code_alone(self, known):
        assert known().find("1001", "").name == ONE

    @pytest.mark.parametrize("name", [ONE, "示范 第一小学", f"\u3000{ONE}"])
    def test_by_name(self, known, name):
        assert known().find("", name).code == "1001"

    def test_brackets_and_spaces_do_not_count(self, known):
        assert known().find("", "示范中学 (东校区)").code == "1002"

    def test_a_code_and_another_school_s_name_contradict_each_other(self, known):
        assert "示范中学" in known().find("1002", ONE)

    def test_two_of_the_same_name_need_a_code(self, known, session):
        factories.school(session, code="1003", name=ONE)
        assert "请填写学校代码" in known().find("", ONE)
        assert known().find("1003", ONE).code == "1003"

    def test_neither_code_nor_name_is_told(self, known):
        assert known().find("", "") == "请填写学校或学校代码；合并的单元格请取消合并，逐行填写"

    def test_the_default_is_for_rows_that_name_none(self, known):
        assert known(default_code="1002").find("", "").code == "1002"
        assert known(default_code="1002").find("", ONE).code == "1001"

    def test_the_default_must_exist(self, known):
        with pytest.raises(NotFound, match="9999"):
            known(default_code="9999")

    def test_a_number_in_the_wrong_column_is_masked(self, known):
        number = factories.resident_id(5)
        assert number[-6:] not in known().find("", number) + known().find(number, "")


class TestNew:
    def test_is_made_once_with_a_code_that_follows_from_its_name(self, known):
        first, second = known(create=True), known(create=True)
        made = first.find("", "新建小学")
        assert first.find("", "新建 小学") is made
        assert first.new == [made]
        assert second.find("", "新建小学").code == made.code

    def test_keeps_the_code_it_came_with(self, known):
        assert known(create=True).find("A-77", "新建小学").code == "A-77"

    def test_is_not_made_from_a_code_alone(self, known):
        assert known(create=True).find("A-77", "") == "没有代码为“A-77”的学校"

    def test_is_not_made_unasked(self, known):
        assert known().find("", "新建小学") == "没有名为“新建小学”的学校"


class TestAdd:
    def test_hangs_below_its_authority(self, session):
        city = schools.add(session, "41", "示范市", "city")
        assert schools.add(session, "4101", ONE, parent_code="41").parent_id == city.id
        assert [one.code for one in schools.every(session)] == ["41", "4101"]

    def test_a_code_is_used_once_and_the_session_goes_on(self, session):
        schools.add(session, "41", "示范市")
        with pytest.raises(schools.SchoolCodeTaken):
            schools.add(session, "41", "另一市")
        schools.add(session, "42", "另一市")
        assert len(schools.every(session)) == 2

    def test_an_unknown_authority_is_told(self, session):
        with pytest.raises(NotFound):
            schools.add(session, "4101", ONE, parent_code="41")


class TestPlace:
    def test_a_school_goes_below_its_county(self, session):
        county = factories.school(session, kind="county")
        school = factories.school(session)
        assert schools.place(session, school.code, county.code).parent_id == county.id

    def test_nothing_goes_below_itself_or_what_is_below_it(self, session):
        city = factories.school(session, kind="city")
        county = factories.school(session, kind="county", parent_id=city.id)
        for below in (city, county):
            with pytest.raises(schools.PlacedInItself):
                schools.place(session, city.code, below.code)
