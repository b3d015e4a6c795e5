import pino from 'pino'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { Background } from '../../core/background.ts'
import { portion } from '../../core/jobs/portion.ts'
import { LastUsed } from './last-used.ts'

const platform = usePlatform()
const rows = async <Row extends object>(text: string) => (await platform.database.pool.query(text)).rows as Row[]

test('what many keys were used is written in portions; what one that fails had to write is not lost', async () => {
  const many = 2 * portion + 100
  const { accountId } = await platform.newAccount()
  const { rows: keys } = await platform.database.query<{ id: string }>(sql`
    INSERT INTO api_key (account_id, id, name, prefix, hash, scopes)
    SELECT ${accountId}, uuidv7(), 'k' || i, 'p', sha256(convert_to('many' || i, 'UTF8')), '{}' FROM generate_series(1, ${many}) AS i
    RETURNING id`)
  await platform.database.pool.query(`
    CREATE TABLE written (rows bigint);
    CREATE TABLE refused (id uuid);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO written SELECT count(*) FROM new_rows;
      IF EXISTS (SELECT FROM new_rows JOIN refused USING (id)) THEN RAISE 'refused'; END IF;
      RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER UPDATE ON api_key REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note();
    INSERT INTO refused SELECT id FROM api_key WHERE name LIKE 'k%' ORDER BY id DESC LIMIT 1`)
  const uses = new LastUsed(platform.database, 'api_key', new Background(pino({ level: 'silent' })))
  for (const { id } of keys) uses.note(accountId, id)
  const used = () => rows<{ used: number }>(`SELECT count(last_used_at) AS used FROM api_key WHERE name LIKE 'k%'`)

  uses.start()
  await uses.stop()
  expect(await rows('SELECT rows FROM written')).toEqual([{ rows: portion }, { rows: portion }])
  expect(await used()).toEqual([{ used: 2 * portion }])
  await rows('DELETE FROM refused')
  uses.start()
  await uses.stop()
  expect(await rows('SELECT rows FROM written')).toEqual([{ rows: portion }, { rows: portion }, { rows: 100 }])
  expect(await used()).toEqual([{ used: many }])
})
