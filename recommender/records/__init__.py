"""Records: shops, keys, catalogues, configurations and leases, in SQLite or PostgreSQL."""

from recommender.records.catalog import ItemChange
from recommender.records.records import Records
from recommender.records.shops import Key, KeyOwner, Shop, ShopKeys

__all__ = ["ItemChange", "Key", "KeyOwner", "Records", "Shop", "ShopKeys"]
