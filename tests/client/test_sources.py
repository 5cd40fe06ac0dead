"""The client's sources: their types hold, and those of the API are what the server says today."""

import subprocess

import pytest

from server.document import as_json, openapi_document
from server.local.document import application
from tests.client.conftest import CLIENT


@pytest.mark.parametrize("name", ["schema.d.ts", "operations.ts"])
def test_the_api_types_are_current(name, written_anew):
    assert (CLIENT / "src" / "api" / name).read_text() == (written_anew / name).read_text(), "run `make client-api`"


@pytest.fixture(scope="module")
def written_anew(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    (folder / "openapi.json").write_bytes(as_json(openapi_document(application())))
    subprocess.run(("node", "scripts/api.mjs", folder / "openapi.json", folder), cwd=CLIENT, check=True, timeout=60)
    return folder


def test_every_type_holds():
    done = subprocess.run(
        ("npx", "vue-tsc", "--noEmit"), cwd=CLIENT, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout
