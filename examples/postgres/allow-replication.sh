# Lets the replica follow, and has writes wait for it. Run once by the image of Postgres, when the database is made.
echo 'host replication shop all scram-sha-256' >> "$PGDATA/pg_hba.conf"
echo "synchronous_standby_names = 'replica'" >> "$PGDATA/postgresql.conf"
