from tests.miniprogram_api.test_fuzz import *
import tests.miniprogram_api.test_fuzz as tf
MINE=[n for n in CONTRACT if "/parts" in n]
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("name", MINE)
def test_mine(here, name, mode):
    document = schemathesis.openapi.from_wsgi("/openapi.json", here.room.app, config=CONFIG)
    fuzz_operation(here, document, name, mode, 60)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_pg(on_postgresql, mode):
    document = schemathesis.openapi.from_wsgi("/openapi.json", on_postgresql.room.app, config=CONFIG)
    for name in MINE: fuzz_operation(on_postgresql, document, name, mode, 40)
