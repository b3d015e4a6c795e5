-- PostgreSQL has its own from 18 on; it comes first where both are there.
DO $$ BEGIN
  IF current_setting('server_version_num')::int < 180000 THEN
    -- RFC 9562; those of one statement have the order of their making.
    CREATE FUNCTION uuidv7(shift interval DEFAULT interval '0') RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
    RETURN (lpad(to_hex((extract(epoch FROM clock_timestamp() + shift) * 1000)::bigint), 12, '0') || '7' ||
            lpad(to_hex((extract(epoch FROM clock_timestamp() + shift) * 1000000)::bigint % 1000 * 4), 3, '0') ||
            '8' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 15))::uuid;
  END IF;
END $$;
