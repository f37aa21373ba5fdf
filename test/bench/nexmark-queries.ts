/**
 * Nexmark queries in our dialect, each the counterpart of flink/nexmark/<name>.sql: the same rows leave,
 * windows are emitted when they close as Flink does.
 */

/** The statement that makes the topic of bids a source. */
export function bidSource(brokers: string, prefix: string): string {
  return `CREATE SOURCE bid (
    auction bigint, bidder bigint, price bigint, channel text, url text, date_time timestamp, extra text,
    WATERMARK FOR date_time AS date_time - INTERVAL '4 seconds'
  ) WITH (connector = 'kafka', topic = '${prefix}-bid', properties.bootstrap.server = '${brokers}',
    scan.startup.mode = 'earliest') FORMAT PLAIN ENCODE JSON`
}

export const nexmarkQueries: Readonly<Record<string, string>> = {
  q0: 'SELECT auction, bidder, price, date_time, extra FROM bid',
  q5: `WITH counts AS (
      SELECT auction, count(*) AS num, window_start, window_end
      FROM HOP(bid, date_time, INTERVAL '2 seconds', INTERVAL '10 seconds')
      GROUP BY auction, window_start, window_end
    ), best AS (
      SELECT max(num) AS maxn, window_start, window_end FROM counts GROUP BY window_start, window_end
    )
    SELECT c.auction, c.num FROM counts c JOIN best b
      ON c.window_start = b.window_start AND c.window_end = b.window_end AND c.num >= b.maxn
    EMIT ON WINDOW CLOSE`,
  q12: `SELECT bidder, count(*) AS n, window_start, window_end
    FROM TUMBLE(bid, date_time, INTERVAL '10 seconds')
    GROUP BY bidder, window_start, window_end
    EMIT ON WINDOW CLOSE`,
  q17: `SELECT auction, to_char(date_time, 'YYYY-MM-DD') AS day, count(*) AS total,
      count(*) FILTER (WHERE price < 10000) AS rank1,
      count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2,
      count(*) FILTER (WHERE price >= 1000000) AS rank3,
      min(price) AS low, max(price) AS high, avg(price) AS average, sum(price) AS total_price
    FROM bid GROUP BY auction, to_char(date_time, 'YYYY-MM-DD')`,
}

/** The source tables that fill the topics: every column of each stream, from the nexmark connector. */
export const nexmarkGenerators: Readonly<Record<'person' | 'auction' | 'bid', string>> = {
  person: `id bigint, name text, email_address text, credit_card text, city text, state text,
    date_time timestamp, extra text`,
  auction: `id bigint, item_name text, description text, initial_bid bigint, reserve bigint,
    date_time timestamp, expires timestamp, seller bigint, category bigint, extra text`,
  bid: 'auction bigint, bidder bigint, price bigint, channel text, url text, date_time timestamp, extra text',
}
