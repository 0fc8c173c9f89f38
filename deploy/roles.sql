-- Run once by the superuser in an empty cluster: three roles, each with a password from a file.
\set owner_password `cat /run/secrets/database_owner_password`
\set app_password `cat /run/secrets/database_app_password`
\set auditor_password `cat /run/secrets/database_auditor_password`
CREATE ROLE wardgrid_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE wardgrid_app LOGIN PASSWORD :'app_password';
CREATE ROLE wardgrid_auditor LOGIN PASSWORD :'auditor_password';
CREATE DATABASE wardgrid OWNER wardgrid_owner TEMPLATE template0 ENCODING 'UTF8';
