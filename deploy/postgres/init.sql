-- A database of its own for every service, and two kinds of roles: kefu_owner owns everything and runs migrations;
-- kefu_<service> is what the service signs in as: it owns nothing, passes no row-level security and reaches no other
-- service's database. The rights on the tables are given by `kefu migrate`.
-- Passwords come from the environment: KEFU_OWNER_PASSWORD and KEFU_DATABASE_PASSWORD.

\set ON_ERROR_STOP on
\getenv owner_password KEFU_OWNER_PASSWORD
\getenv service_password KEFU_DATABASE_PASSWORD

CREATE ROLE kefu_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';

CREATE TEMPORARY TABLE service (name text);
INSERT INTO service VALUES ('tenants'), ('customers'), ('complaints'), ('notifications');

SELECT format('CREATE ROLE kefu_%s LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD %L', name, :'service_password') FROM service
\gexec
SELECT format('CREATE DATABASE kefu_%s OWNER kefu_owner ENCODING ''UTF8'' TEMPLATE template0', name) FROM service
\gexec
SELECT format('REVOKE ALL ON DATABASE kefu_%s FROM PUBLIC', name) FROM service
\gexec
SELECT format('GRANT CONNECT ON DATABASE kefu_%s TO kefu_%s', name, name) FROM service
\gexec
