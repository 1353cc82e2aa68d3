"""The API does what its OpenAPI says, whatever is asked: schemathesis makes up requests, sound ones and others."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from indexer.build import build
from indexer.store.library import Library
from tests.fake_encoder import FakeEncoder
from tests.pictures import put_scenes
from web.app import application
from web.service import Service

HERE = "testserver"  # what schemathesis calls it
EXAMPLES = settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
SENSE = [positive_data_acceptance]  # "July" is a text, as dates are: what makes no sense is refused all the same


@pytest.fixture
def api(tmp_path: Path) -> schemathesis.BaseSchema:
    home, folder = tmp_path / "home", tmp_path / "photos"
    put_scenes(folder, range(5))
    encoder = FakeEncoder()
    with Library(home) as library:
        build(library, encoder, [str(folder)])
    service = Service.opened(lambda: Library(home, must_exist=True), lambda _: encoder, home / "thumbnails")
    return schemathesis.openapi.from_asgi("/api/openapi.json", application(service, {HERE}))  # which closes it


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_one_that_is_described(api: schemathesis.BaseSchema, mode: GenerationMode) -> None:
    operations = [operation.ok() for operation in api.get_all_operations()]
    assert len(operations) == 8
    for operation in operations:
        if mode is GenerationMode.POSITIVE or operation.definition.raw.get("parameters"):  # else nothing can be wrong
            hold(operation.as_strategy(generation_mode=mode))


def hold(cases: SearchStrategy[schemathesis.Case]) -> None:
    @EXAMPLES
    @given(case=cases)
    def to_its_description(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=SENSE)

    to_its_description()


def test_every_operation_says_what_it_does(api: schemathesis.BaseSchema) -> None:
    operations = [operation for path in api.raw_schema["paths"].values() for operation in path.values()]
    assert all(operation["description"].endswith(".") for operation in operations)
    assert all(path.startswith("/api/") for path in api.raw_schema["paths"]), "the gallery's pages are no API"
