-- Data-centre telemetry: per-minute windows, an anomaly model, alerts. `millrace demo` runs this file; any psql can too.

CREATE TABLE telemetry (
  server integer NOT NULL,
  rack text NOT NULL,
  ts timestamptz NOT NULL,
  temperature double precision,  -- degrees Celsius
  power double precision,        -- watts
  load double precision,         -- 0 to 1
  network double precision,      -- Mbit/s
  WATERMARK FOR ts AS ts - INTERVAL '5 seconds'
) APPEND ONLY;

-- One row per server and minute, once the minute is over.
CREATE MATERIALIZED VIEW server_minutes AS
SELECT server, rack, window_start AS minute,
       avg(temperature) AS temperature, max(temperature) AS peak_temperature,
       avg(power) AS power, max(power) - min(power) AS power_swing,
       avg(load) AS load, avg(network) AS network
FROM TUMBLE(telemetry, ts, INTERVAL '1 minute')
GROUP BY server, rack, window_start
EMIT ON WINDOW CLOSE;

-- Trained by `npm run demo:train`: how likely it is that something is wrong with the server.
CREATE MODEL anomaly FROM 'anomaly.onnx';

CREATE MATERIALIZED VIEW scores AS
SELECT *, anomaly(temperature, peak_temperature, power, power_swing, load, network) AS score
FROM server_minutes;

CREATE MATERIALIZED VIEW alerts AS
SELECT minute, server, rack, score, temperature, power, load, network
FROM scores
WHERE score > 0.9;

-- What is open right now, by rack.
CREATE MATERIALIZED VIEW rack_alerts AS
SELECT rack, count(DISTINCT server) AS servers, max(score) AS worst, max(minute) AS last_minute
FROM alerts
GROUP BY rack;
