"""Values that are worked out at the first look."""

from dataclasses import dataclass, field

from recommender.lazy import cached_property


@dataclass(frozen=True, eq=False)
class Asked:
    """Counts how often its value is worked out."""

    times: list[int] = field(default_factory=list)

    @cached_property
    def value(self) -> int:
        """What it is."""
        self.times.append(1)
        return len(self.times)


def test_a_value_is_worked_out_once_for_each_object() -> None:
    """The second look finds what the first one did, and another object has its own."""
    one, other = Asked(), Asked()

    assert (one.value, one.value, other.value) == (1, 1, 1)
    assert len(one.times) == len(other.times) == 1


def test_nothing_is_worked_out_before_somebody_looks() -> None:
    """An object that nobody asks takes no time."""
    assert Asked().times == []


def test_the_class_itself_tells_what_the_value_is() -> None:
    """Documentation reads it there."""
    assert Asked.__dict__["value"].__doc__ == "What it is."
