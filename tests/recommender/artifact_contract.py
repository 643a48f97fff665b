"""What every store of artifacts promises."""

from dataclasses import replace
from pathlib import Path

import pytest

from recommender.artifact import ArtifactStore, verify
from recommender.errors import ArtifactError
from recommender.forgotten import Forgotten
from tests.api.artifacts import add, people, publish


class ArtifactContract:
    """Inherited by the suites of each store, which provide `store`, `again` and `damage`."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> ArtifactStore:
        raise NotImplementedError

    @pytest.fixture
    def again(self, store: ArtifactStore) -> ArtifactStore:
        """The same artifacts, as another process sees them."""
        raise NotImplementedError

    def damage(self, store: ArtifactStore, version: str) -> None:
        """Cut off `models.json` of a version where it is kept."""
        raise NotImplementedError

    def test_a_version_is_named_by_the_end_of_its_data_and_its_content(self, store: ArtifactStore) -> None:
        first, same, other = add(store, "cup"), add(store, "cup"), add(store, "lamp")

        assert first.version == same.version != other.version
        assert first.version.startswith("20250601-")
        assert store.versions() == sorted({first.version, other.version})

    def test_a_new_artifact_is_there_for_everybody_and_not_in_service(
        self, store: ArtifactStore, again: ArtifactStore
    ) -> None:
        """Whoever opens it gets what was saved."""
        assert (again.versions(), again.current(), again.history()) == ([], None, [])
        added = add(store, "cup", "lamp", **people("visitor:ann"))

        found = again.open(added.version)

        assert (again.versions(), again.current()) == ([added.version], None)
        assert (found.manifest, [*found.models.items]) == (added.manifest, ["cup", "lamp"])
        assert again.manifest(added.version) == added.manifest
        assert again.trained_at(added.version) == store.trained_at(added.version)
        verify(found.path, found.manifest)

    def test_a_published_one_is_in_service_for_everybody(self, store: ArtifactStore, again: ArtifactStore) -> None:
        first = publish(store, "cup")
        assert store.current() == again.current() == first
        second = publish(again, "lamp")
        assert store.current() == again.current() == second
        assert store.history() == again.history() == [first, second]

    def test_publishing_a_damaged_artifact_leaves_the_old_one_in_service(
        self, store: ArtifactStore, again: ArtifactStore
    ) -> None:
        good, bad = publish(store, "cup"), add(store, "lamp").version
        self.damage(store, bad)

        with pytest.raises(ArtifactError, match=r"models\.json"):
            again.publish(bad)

        assert store.current() == again.current() == good

    def test_adding_the_same_content_heals_a_damaged_artifact(self, store: ArtifactStore, again: ArtifactStore) -> None:
        version = add(store, "cup").version
        self.damage(store, version)

        add(store, "cup")

        assert again.open(version).version == version

    def test_a_version_that_is_not_there_is_refused_with_those_that_are(self, store: ArtifactStore) -> None:
        known = add(store, "cup").version

        with pytest.raises(ArtifactError, match=f"there is no model 'nothing'; there are: {known}"):
            store.publish("nothing")

    @pytest.mark.parametrize("version", ["", ".", "..", "../artifacts"])
    def test_a_version_is_no_path(self, store: ArtifactStore, version: str) -> None:
        add(store, "cup")

        with pytest.raises(ArtifactError, match="there is no model"):
            store.open(version)

    def test_rolling_back_goes_back_step_by_step(self, store: ArtifactStore, again: ArtifactStore) -> None:
        versions = [publish(store, name) for name in ("cup", "lamp", "sofa")]

        assert [store.rollback().version, again.rollback().version] == [versions[1], versions[0]]
        with pytest.raises(ArtifactError, match="no earlier model"):
            store.rollback()
        assert store.current() == again.current() == versions[0]

    def test_publishing_what_is_in_service_changes_nothing(self, store: ArtifactStore, again: ArtifactStore) -> None:
        version = publish(store, "cup")
        again.publish(version)

        assert store.history() == [version]

    def test_a_rollback_to_a_damaged_artifact_is_refused(self, store: ArtifactStore, again: ArtifactStore) -> None:
        first, second = publish(store, "cup"), publish(store, "lamp")
        self.damage(store, first)

        with pytest.raises(ArtifactError, match=r"models\.json"):
            again.rollback()

        assert store.current() == second

    def test_old_versions_go_but_not_those_that_are_needed(self, store: ArtifactStore, again: ArtifactStore) -> None:
        versions = [add(store, str(number)).version for number in range(5)]
        store.publish(versions[0])
        store.publish(versions[1])

        assert set(again.prune(1)) == {versions[2], versions[3]}

        assert set(store.versions()) == set(again.versions()) == {versions[0], versions[1], versions[4]}

    def test_what_is_in_service_is_not_dropped_and_what_was_dropped_is_not_published(
        self, store: ArtifactStore, again: ArtifactStore
    ) -> None:
        current, other = publish(store, "cup"), add(store, "lamp").version

        assert (again.drop(current), again.drop(other)) == (False, True)

        with pytest.raises(ArtifactError, match=f"there is no model '{other}'"):
            store.publish(other)
        assert (store.current(), store.versions()) == (current, [current])

    def test_a_version_written_anew_has_the_place_and_the_age_of_the_old_one(
        self, store: ArtifactStore, again: ArtifactStore
    ) -> None:
        old, current = publish(store, "cup", **people("visitor:ann", "visitor:bob")), publish(store, "lamp")
        age, models = store.trained_at(old), store.open(old).models
        rest = models.without(Forgotten.of("secret", ["visitor:ann"]))

        new = again.rewrite(old, replace(models, histories=rest.histories), ["histories"])

        assert (store.history(), store.trained_at(new)) == ([new, current], age)
        assert sorted(again.versions()) == sorted([new, current])
        found = store.open(new).models.histories
        assert found is not None
        assert [found.person(visitor_id=one) is None for one in ("ann", "bob")] == [True, False]

    def test_a_version_written_anew_as_it_was_is_the_same_one(self, store: ArtifactStore, again: ArtifactStore) -> None:
        version = publish(store, "cup", **people("visitor:ann"))

        assert again.rewrite(version, store.open(version).models, ["histories"]) == version

        assert (store.history(), store.open(version).version) == ([version], version)
