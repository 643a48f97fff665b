BEGIN TRANSACTION;
CREATE TABLE budgets (
	shop VARCHAR(63) NOT NULL, 
	campaign_id VARCHAR(64) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	day VARCHAR(32) NOT NULL, 
	taken BIGINT NOT NULL, 
	PRIMARY KEY (shop, campaign_id, currency, day), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "budgets" VALUES('gifts','campaign_id-1','EUR','day-1',1);
CREATE TABLE cashback (
	shop VARCHAR(63) NOT NULL, 
	owner_kind VARCHAR(8) NOT NULL, 
	owner VARCHAR(256) NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	number INTEGER NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	amount BIGINT NOT NULL, 
	at DATETIME NOT NULL, 
	order_id VARCHAR(256), 
	campaign_id VARCHAR(64), 
	lot INTEGER, 
	reverses INTEGER, 
	expires_at DATETIME, 
	PRIMARY KEY (shop, owner_kind, owner, currency, number), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "cashback" VALUES('gifts','customer','owner-1','EUR',1,'credit',99,'2025-06-15 12:00:00.000000','order_id-1','campaign_id-1',NULL,NULL,'2025-06-15 12:00:00.000000');
CREATE TABLE configurations (
	shop VARCHAR(63) NOT NULL, 
	version INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (shop), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "configurations" VALUES('gifts',1,'{"placements": []}');
CREATE TABLE coupon_calls (
	shop VARCHAR(63) NOT NULL, 
	"key" VARCHAR(256) NOT NULL, 
	asked VARCHAR(64) NOT NULL, 
	answer TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	PRIMARY KEY (shop, "key"), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "coupon_calls" VALUES('gifts','key-1','0000000000000000000000000000000000000000000000000000000000000000','{}','2025-06-15 12:00:00.000000');
CREATE TABLE coupon_pool (
	shop VARCHAR(63) NOT NULL, 
	code_key VARCHAR(64) NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	campaign_id VARCHAR(64) NOT NULL, 
	given BOOLEAN NOT NULL, 
	PRIMARY KEY (shop, code_key), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "coupon_pool" VALUES('gifts','code_key-1','code-1','campaign_id-1',0);
CREATE TABLE coupons (
	coupon_id INTEGER NOT NULL, 
	shop VARCHAR(63) NOT NULL, 
	kind VARCHAR(9) NOT NULL, 
	code VARCHAR(64) NOT NULL, 
	code_key VARCHAR(64) NOT NULL, 
	unique_key VARCHAR(64), 
	campaign_id VARCHAR(64), 
	visitor_id VARCHAR(256), 
	customer_id VARCHAR(256), 
	offer TEXT, 
	timed BOOLEAN NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	given_at DATETIME NOT NULL, 
	ends_at DATETIME, 
	reserved_until DATETIME, 
	held_until DATETIME, 
	reserved BIGINT, 
	budget TEXT, 
	budget_currency VARCHAR(3), 
	budget_day DATETIME, 
	order_id VARCHAR(256), 
	redeemed_at DATETIME, 
	currency VARCHAR(3), 
	discount BIGINT, 
	cashback BIGINT, 
	cost BIGINT, 
	PRIMARY KEY (coupon_id), 
	UNIQUE (shop, unique_key), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "coupons" VALUES(1,'gifts','pool','A-1','A1','A1','flash','visitor_id-1','customer_id-1',NULL,0,'given','2025-06-15 12:00:00.000000',NULL,'2025-06-15 12:00:00.000000','2025-06-15 12:00:00.000000',NULL,NULL,NULL,NULL,'order_id-1','2025-06-15 12:00:00.000000','EUR',1,1,1);
CREATE TABLE erasures (
	shop VARCHAR(63) NOT NULL, 
	digest VARCHAR(32) NOT NULL, 
	erased_at DATETIME NOT NULL, 
	rewritten_at DATETIME, 
	PRIMARY KEY (shop, digest), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "erasures" VALUES('gifts','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2025-06-01 00:00:00.000000',NULL);
CREATE TABLE imports (
	shop VARCHAR(63) NOT NULL, 
	fingerprint VARCHAR(128) NOT NULL, 
	name TEXT NOT NULL, 
	summary TEXT NOT NULL, 
	imported_at DATETIME NOT NULL, 
	PRIMARY KEY (shop, fingerprint), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "imports" VALUES('gifts','fingerprint-1','gifts','{}','2025-06-15 12:00:00.000000');
CREATE TABLE items (
	shop VARCHAR(63) NOT NULL, 
	item_id VARCHAR(256) NOT NULL, 
	revision BIGINT NOT NULL, 
	document TEXT, 
	added_at DATETIME NOT NULL, 
	PRIMARY KEY (shop, item_id), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "items" VALUES('gifts','lantern',1,'{"id": "lantern", "title": "White Metal Lantern"}','2025-06-15 12:00:00.000000');
CREATE TABLE key_ends (
	digest VARCHAR(64) NOT NULL, 
	ends_at DATETIME NOT NULL, 
	PRIMARY KEY (digest), 
	FOREIGN KEY(digest) REFERENCES keys (digest)
);
INSERT INTO "key_ends" VALUES('dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','2025-06-15 12:00:00.000000');
CREATE TABLE keys (
	digest VARCHAR(64) NOT NULL, 
	shop VARCHAR(63) NOT NULL, 
	kind VARCHAR(6) NOT NULL, 
	shown VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	PRIMARY KEY (digest), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "keys" VALUES('dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','gifts','public','pk_old','2025-06-15 12:00:00.000000');
CREATE TABLE leases (
	name VARCHAR(128) NOT NULL, 
	holder VARCHAR(128) NOT NULL, 
	expires_at FLOAT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "leases" VALUES('gifts','h',1.0);
CREATE TABLE past_configurations (
	shop VARCHAR(63) NOT NULL, 
	version INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	PRIMARY KEY (shop, version), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "past_configurations" VALUES('gifts',1,'{"placements": []}');
CREATE TABLE popups (
	shop VARCHAR(63) NOT NULL, 
	arm_id VARCHAR(128) NOT NULL, 
	campaign_id VARCHAR(64) NOT NULL, 
	visitor_id VARCHAR(256) NOT NULL, 
	customer_id VARCHAR(256), 
	session_id VARCHAR(256), 
	decided_at DATETIME NOT NULL, 
	shown BOOLEAN NOT NULL, 
	reason VARCHAR(32), 
	coupon_id BIGINT, 
	dismissed_at DATETIME, 
	answer BLOB, 
	banner BOOLEAN NOT NULL, 
	PRIMARY KEY (shop, arm_id), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "popups" VALUES('gifts','arm_id-1','campaign_id-1','visitor_id-1','customer_id-1','session_id-1','2025-06-15 12:00:00.000000',1,NULL,1,'2025-06-15 12:00:00.000000',X'7B7D',0);
CREATE TABLE prices (
	shop VARCHAR(63) NOT NULL, 
	item_id VARCHAR(256) NOT NULL, 
	until DATETIME NOT NULL, 
	price TEXT NOT NULL, 
	PRIMARY KEY (shop, item_id, until), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "prices" VALUES('gifts','lantern','2025-06-15 12:00:00.000000','3.50');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(5);
CREATE TABLE shops (
	name VARCHAR(63) NOT NULL, 
	origins TEXT NOT NULL, 
	signing_key VARCHAR(64) NOT NULL, 
	created_at DATETIME NOT NULL, 
	catalog_revision BIGINT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "shops" VALUES('gifts','["https://gifts.example"]','0000000000000000000000000000000000000000000000000000000000000000','2025-06-15 12:00:00.000000',1);
CREATE TABLE weights (
	shop VARCHAR(63) NOT NULL, 
	experiment VARCHAR(64) NOT NULL, 
	starts DATETIME NOT NULL, 
	weights TEXT NOT NULL, 
	PRIMARY KEY (shop, experiment, starts), 
	FOREIGN KEY(shop) REFERENCES shops (name)
);
INSERT INTO "weights" VALUES('gifts','experiment-1','2025-06-15 12:00:00.000000','{"a": 0.5, "b": 0.5}');
CREATE INDEX ix_keys_shop ON keys (shop);
CREATE INDEX items_changes ON items (shop, revision, item_id);
CREATE INDEX popups_visitor ON popups (shop, visitor_id);
CREATE INDEX popups_customer ON popups (shop, customer_id);
CREATE INDEX popups_campaign ON popups (shop, campaign_id);
CREATE INDEX coupons_lapsing ON coupons (shop, campaign_id, state, reserved_until);
CREATE INDEX coupons_given ON coupons (shop, campaign_id, given_at);
CREATE INDEX coupons_visitor ON coupons (shop, visitor_id);
CREATE INDEX coupons_customer ON coupons (shop, customer_id);
CREATE INDEX coupons_code ON coupons (shop, code_key);
CREATE INDEX coupon_pool_free ON coupon_pool (shop, campaign_id, given, code_key);
CREATE INDEX coupon_calls_age ON coupon_calls (shop, at);
CREATE INDEX coupons_age ON coupons (shop, given_at);
CREATE INDEX popups_age ON popups (shop, decided_at);
CREATE INDEX prices_age ON prices (shop, until);
COMMIT;
