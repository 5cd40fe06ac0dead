"""What `make run` says of the invented people."""

import json
from pathlib import Path

from server.local import greeting

TEACHER = {"role": "teacher", "name": "赵粉笔", "id_number": "999999197001010011", "password": "first"}
OPERATOR = {
    "role": "operator",
    "name": "柏机房",
    "id_number": "999999197001010038",
    "password": "p",
    "second_factor": "KEY",
}


def test_it_names_some_teachers_and_all_staff_with_where_they_sign_in_and_no_key(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps([TEACHER] * 9 + [OPERATOR] * 2), encoding="utf-8")
    lines = greeting.accounts(path, "http://127.0.0.1:8000")
    said = "\n".join(lines)
    assert said.count(TEACHER["name"]) == greeting.SHOWN_OF_A_ROLE
    assert said.count(OPERATOR["id_number"]) == 2
    assert "http://127.0.0.1:8000/console/" in said
    assert "flask demonstration codes" in said
    assert "KEY" not in said


def test_without_the_demonstration_it_says_nothing_of_people(tmp_path: Path) -> None:
    assert greeting.accounts(tmp_path / "none.json", "http://127.0.0.1:8000") == []
