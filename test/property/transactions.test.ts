/**
 * A transaction's own writes, as it reads them back: random INSERT, ON CONFLICT, UPDATE, DELETE, SAVEPOINT,
 * ROLLBACK TO, RELEASE and cursors in one session; every answer, errors too, must be PostgreSQL's (PGlite).
 * SEED=n repeats a run, ROUNDS=n makes it longer.
 */

import { describe, it } from 'mocha'
import { useSameAsPostgres } from '../server/same-as-postgres.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const rounds = Number(process.env['ROUNDS'] ?? 5)
const STATEMENTS = 60

const setup = `
  CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);
  INSERT INTO t SELECT n, n * 10 FROM generate_series(1, 12) AS s (n)`
const look = 'SELECT id, v FROM t ORDER BY id'

class Generator {
  #state: number
  /** Names of savepoints that were made; some are gone again. */
  #savepoints: string[] = []
  #cursors = 0

  constructor(start: number) {
    this.#state = start
  }

  below(bound: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0
    return (this.#state >>> 8) % bound
  }

  transaction(): string[] {
    const statements = ['BEGIN']
    for (let count = 0; count < STATEMENTS; count++) {
      statements.push(this.#statement())
      if (this.below(3) === 0) statements.push(look)
    }
    return [...statements, this.below(4) === 0 ? 'ROLLBACK' : 'COMMIT', look]
  }

  #statement(): string {
    switch (this.below(14)) {
      case 0:
      case 1:
        return `INSERT INTO t VALUES ${this.#rows()} RETURNING id`
      case 2:
        return `INSERT INTO t VALUES ${this.#rows()} ON CONFLICT DO NOTHING RETURNING id, v`
      case 3:
        return `INSERT INTO t VALUES ${this.#rows()}
          ON CONFLICT (id) DO UPDATE SET v = t.v + excluded.v WHERE t.v < ${this.below(200)} RETURNING *`
      case 4:
        return `INSERT INTO t VALUES (${this.#id()}, 1)
          ON CONFLICT (id) DO UPDATE SET id = t.id + ${this.below(5)} RETURNING *`
      case 5:
        return `UPDATE t SET v = v + ${this.below(9)} WHERE id % ${this.below(3) + 1} = 0`
      case 6:
        return `UPDATE t SET id = ${this.#id()}, v = ${this.below(50)} WHERE id = ${this.#id()} RETURNING *`
      case 7:
        return `DELETE FROM t WHERE id BETWEEN ${this.#id()} AND ${this.#id()}`
      case 8:
        return `SELECT v FROM t WHERE id = ${this.#id()}`
      case 9:
        return `DELETE FROM t WHERE id = ${this.#id()} RETURNING v`
      case 10:
        return this.#savepoint()
      case 11:
      case 12:
        return this.#savepoints.length === 0 ? look : `ROLLBACK TO ${this.#known()}`
      default:
        return this.#other()
    }
  }

  #other(): string {
    switch (this.below(3)) {
      case 0:
        return this.#savepoints.length === 0 ? look : `RELEASE ${this.#known()}`
      case 1:
        return `DECLARE c${this.#cursors++} CURSOR FOR ${look}`
      default:
        return `FETCH 4 FROM c${this.below(this.#cursors + 1)}`
    }
  }

  #savepoint(): string {
    const name = `s${this.below(4)}`
    this.#savepoints.push(name)
    return `SAVEPOINT ${name}`
  }

  #known(): string {
    return this.#savepoints[this.below(this.#savepoints.length)]!
  }

  #rows(): string {
    const values = Array.from({ length: this.below(4) + 1 }, () => {
      return `(${this.#id()}, ${this.below(40) === 0 ? 'NULL' : this.below(100)})`
    })
    return values.join(', ')
  }

  #id(): number {
    return this.below(20)
  }
}

describe('transactions read their own writes', function () {
  this.timeout(120_000)
  const assertSameAsPostgres = useSameAsPostgres()

  for (let round = 0; round < rounds; round++) {
    it(`as PostgreSQL does (SEED=${seed + round} ROUNDS=1)`, async () => {
      const generator = new Generator(seed + round)
      await assertSameAsPostgres(setup, [...generator.transaction(), ...generator.transaction()])
    })
  }
})
