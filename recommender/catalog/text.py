"""Category paths as shops write them: levels separated by ` > `."""

SEPARATOR = ">"


def levels(path: str) -> tuple[str, ...]:
    """The names along a path, from the widest to the narrowest."""
    return tuple(name for part in path.split(SEPARATOR) if (name := " ".join(part.split())))


def fold(text: str) -> str:
    """`text` as it is compared: without case and with single spaces."""
    return " ".join(text.casefold().split())


def within(path: str, category: str) -> bool:
    """Whether an item filed under `path` belongs to `category`, which may be a whole path or the name of one level."""
    own, asked = [fold(name) for name in levels(path)], [fold(name) for name in levels(category)]
    if len(asked) == 1:
        return asked[0] in own
    return bool(asked) and own[: len(asked)] == asked


def shown(path: str) -> str:
    """The name by which shoppers know the category: its narrowest level."""
    names = levels(path)
    return names[-1] if names else path
