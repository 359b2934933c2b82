-- A database of its own for every service, and four kinds of roles: kefu_owner owns everything and runs migrations;
-- kefu_<service> is what the service signs in as: it owns nothing, passes no row-level security and reaches no other
-- service's database; kefu_relay reaches all of them, for the outboxes, and kefu_backup to read. The rights on the tables are given by
-- `kefu migrate`. Passwords come from the environment: KEFU_OWNER_PASSWORD, KEFU_TENANTS_PASSWORD and so on.

\set ON_ERROR_STOP on
\getenv owner KEFU_OWNER_PASSWORD
\getenv relay KEFU_RELAY_PASSWORD
\getenv backup KEFU_BACKUP_PASSWORD
\getenv tenants KEFU_TENANTS_PASSWORD
\getenv customers KEFU_CUSTOMERS_PASSWORD
\getenv complaints KEFU_COMPLAINTS_PASSWORD
\getenv notifications KEFU_NOTIFICATIONS_PASSWORD

CREATE TEMPORARY TABLE service (name text, password text);
INSERT INTO service VALUES
    ('tenants', :'tenants'),
    ('customers', :'customers'),
    ('complaints', :'complaints'),
    ('notifications', :'notifications');

CREATE ROLE kefu_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE kefu_relay LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'relay';
-- Reads every row and changes none: `kefu backup`, from wherever back-ups are taken. Without a password nobody is it.
CREATE ROLE kefu_backup LOGIN NOSUPERUSER BYPASSRLS IN ROLE pg_read_all_data PASSWORD :'backup';
SELECT format('CREATE ROLE kefu_%s LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD %L', name, password) FROM service
\gexec
SELECT format('CREATE DATABASE kefu_%s OWNER kefu_owner ENCODING ''UTF8'' TEMPLATE template0', name) FROM service
\gexec
SELECT format('REVOKE ALL ON DATABASE kefu_%s FROM PUBLIC', name) FROM service
\gexec
SELECT format('GRANT CONNECT ON DATABASE kefu_%s TO kefu_%s, kefu_relay, kefu_backup', name, name) FROM service
\gexec
