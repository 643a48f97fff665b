BEGIN TRANSACTION;
CREATE TABLE configurations (
	shop VARCHAR(63) NOT NULL,
	version INTEGER NOT NULL,
	document TEXT NOT NULL,
	PRIMARY KEY (shop),
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "configurations" VALUES('gifts',1,'{"placements": []}');
CREATE TABLE imports (
	shop VARCHAR(63) NOT NULL,
	fingerprint VARCHAR(128) NOT NULL,
	name TEXT NOT NULL,
	summary TEXT NOT NULL,
	imported_at DATETIME NOT NULL,
	PRIMARY KEY (shop, fingerprint),
	FOREIGN KEY(shop) REFERENCES shops (name)
);
CREATE TABLE items (
	shop VARCHAR(63) NOT NULL,
	item_id VARCHAR(256) NOT NULL,
	revision BIGINT NOT NULL,
	document TEXT,
	added_at DATETIME NOT NULL,
	PRIMARY KEY (shop, item_id),
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "items" VALUES('gifts','lantern',1,'{"id":"lantern","price":"3.39","title":"White Metal Lantern"}','2025-06-15 12:00:00.000000');
CREATE TABLE keys (
	digest VARCHAR(64) NOT NULL,
	shop VARCHAR(63) NOT NULL,
	kind VARCHAR(6) NOT NULL,
	shown VARCHAR(80) NOT NULL,
	created_at DATETIME NOT NULL,
	PRIMARY KEY (digest),
	FOREIGN KEY(shop) REFERENCES shops (name)
);
CREATE TABLE leases (
	name VARCHAR(128) NOT NULL,
	holder VARCHAR(128) NOT NULL,
	expires_at FLOAT NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE schema_version (
	version INTEGER NOT NULL,
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1);
CREATE TABLE shops (
	name VARCHAR(63) NOT NULL,
	origins TEXT NOT NULL,
	signing_key VARCHAR(64) NOT NULL,
	created_at DATETIME NOT NULL,
	catalog_revision BIGINT NOT NULL,
	PRIMARY KEY (name)
);
INSERT INTO "shops" VALUES('gifts','["https://gifts.example"]','0000000000000000000000000000000000000000000000000000000000000000','2025-06-15 12:00:00.000000',1);
CREATE INDEX ix_keys_shop ON keys (shop);
CREATE INDEX items_changes ON items (shop, revision, item_id);
COMMIT;
