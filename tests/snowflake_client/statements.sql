BEGIN
;
COMMIT
;
COPY INTO IDENTIFIER(?) (
  "CUSTOMER_ID",
  "SEGMENT_ID",
  "RFM_RECENCY",
  "RFM_FREQUENCY",
  "RFM_MONETARY",
  "CERTAINTY"
)
FROM (
  SELECT
    GET_PATH($0, 'CUSTOMER_ID') AS "CUSTOMER_ID",
    GET_PATH($0, 'SEGMENT_ID') AS "SEGMENT_ID",
    GET_PATH($0, 'RFM_RECENCY') AS "RFM_RECENCY",
    GET_PATH($0, 'RFM_FREQUENCY') AS "RFM_FREQUENCY",
    GET_PATH($0, 'RFM_MONETARY') AS "RFM_MONETARY",
    GET_PATH($0, 'CERTAINTY') AS "CERTAINTY"
  FROM '@"MARKETING_INSIGHTS_DB"."WALKED"."__WRITE_PANDAS_ID"'
)
FILE_FORMAT = (TYPE=PARQUET COMPRESSION=auto)
PURGE = TRUE
ON_ERROR = ?
;
COPY INTO IDENTIFIER(?) (
  "VALUE_0",
  "VALUE_1",
  "VALUE_2",
  "VALUE_3",
  "VALUE_4",
  "VALUE_5",
  "VALUE_6",
  "VALUE_7",
  "VALUE_8",
  "VALUE_9",
  "VALUE_10",
  "VALUE_11"
)
FROM (
  SELECT
    GET_PATH($0, 'VALUE_0') AS "VALUE_0",
    GET_PATH($0, 'VALUE_1') AS "VALUE_1",
    GET_PATH($0, 'VALUE_2') AS "VALUE_2",
    GET_PATH($0, 'VALUE_3') AS "VALUE_3",
    GET_PATH($0, 'VALUE_4') AS "VALUE_4",
    GET_PATH($0, 'VALUE_5') AS "VALUE_5",
    GET_PATH($0, 'VALUE_6') AS "VALUE_6",
    GET_PATH($0, 'VALUE_7') AS "VALUE_7",
    GET_PATH($0, 'VALUE_8') AS "VALUE_8",
    GET_PATH($0, 'VALUE_9') AS "VALUE_9",
    GET_PATH($0, 'VALUE_10') AS "VALUE_10",
    GET_PATH($0, 'VALUE_11') AS "VALUE_11"
  FROM '@"MARKETING_INSIGHTS_DB"."WALKED"."__WRITE_PANDAS_ID"'
)
FILE_FORMAT = (TYPE=PARQUET COMPRESSION=auto)
PURGE = TRUE
ON_ERROR = ?
;
CREATE SCHEMA IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"
;
CREATE TEMPORARY STAGE IDENTIFIER(?)
FILE_FORMAT=(  TYPE=PARQUET
  COMPRESSION=auto)
;
CREATE TEMPORARY TABLE "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENTS_ID" (
  "CUSTOMER_ID" VARCHAR,
  "SEGMENT_ID" DECIMAL(0, 0),
  "RFM_RECENCY" DOUBLE,
  "RFM_FREQUENCY" DOUBLE,
  "RFM_MONETARY" DOUBLE,
  "CERTAINTY" DOUBLE
)
;
CREATE TEMPORARY TABLE "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENT_HISTORY_ID" (
  "VALUE_0" VARCHAR,
  "VALUE_1" VARCHAR,
  "VALUE_2" DECIMAL(0, 0),
  "VALUE_3" DECIMAL(0, 0),
  "VALUE_4" DECIMAL(0, 0),
  "VALUE_5" DOUBLE,
  "VALUE_6" DECIMAL(0, 0),
  "VALUE_7" DECIMAL(0, 0),
  "VALUE_8" DECIMAL(0, 0),
  "VALUE_9" DECIMAL(0, 0),
  "VALUE_10" DECIMAL(0, 0),
  "VALUE_11" DECIMAL(0, 0)
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS" (
  "CUSTOMER_ID" VARCHAR,
  "SEGMENT_ID" DECIMAL(0, 0),
  "SEGMENT_NAME" VARCHAR,
  "RFM_RECENCY" DOUBLE,
  "RFM_FREQUENCY" DOUBLE,
  "RFM_MONETARY" DOUBLE,
  "PREDICTION_TIMESTAMP" TIMESTAMPNTZ,
  "RUN_ID" VARCHAR,
  "CERTAINTY" DOUBLE
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS_HISTORY" (
  "CUSTOMER_ID" VARCHAR,
  "SEGMENT_ID" DECIMAL(0, 0),
  "SEGMENT_NAME" VARCHAR,
  "RFM_RECENCY" DOUBLE,
  "RFM_FREQUENCY" DOUBLE,
  "RFM_MONETARY" DOUBLE,
  "PREDICTION_TIMESTAMP" TIMESTAMPNTZ,
  "RUN_ID" VARCHAR,
  "CERTAINTY" DOUBLE
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."RUN_COMPARISONS" (
  "RUN_ID" VARCHAR,
  "PREVIOUS_RUN_ID" VARCHAR,
  "WINDOW_DAYS" DECIMAL(0, 0),
  "SEGMENT_BEFORE" DECIMAL(0, 0),
  "SEGMENT_NOW" DECIMAL(0, 0),
  "CUSTOMERS" DECIMAL(0, 0),
  "NET_SALES" DOUBLE,
  "ADJUSTED_RAND" DOUBLE,
  "MODEL_SHARE" DOUBLE
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTATION_RUNS" (
  "RUN_ID" VARCHAR,
  "CREATED_AT" TIMESTAMPNTZ,
  "PUBLISHED_AT" TIMESTAMPNTZ,
  "SOURCE_NAME" VARCHAR,
  "FIRST_SALE" DATE,
  "LAST_SALE" DATE,
  "AS_OF" DATE,
  "SEGMENTS" DECIMAL(0, 0),
  "CUSTOMERS" DECIMAL(0, 0),
  "SILHOUETTE_SCORE" DOUBLE,
  "INERTIA" DOUBLE,
  "CALINSKI_HARABASZ_SCORE" DOUBLE,
  "DAVIES_BOULDIN_SCORE" DOUBLE,
  "SETTINGS" VARCHAR,
  "VERSIONS" VARCHAR,
  "SOURCE" VARCHAR,
  "PRODUCT_VERSION" VARCHAR,
  "FEATURES" VARCHAR,
  "SCALER" VARCHAR,
  "CENTERS" VARCHAR,
  "CLUSTER_TO_SEGMENT" VARCHAR,
  "MANIFEST" VARCHAR
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTS" (
  "SEGMENT_ID" DECIMAL(0, 0),
  "SEGMENT_NAME" VARCHAR,
  "SENTENCE" VARCHAR,
  "CUSTOMERS" DECIMAL(0, 0),
  "SHARE_OF_CUSTOMERS" DOUBLE,
  "SHARE_OF_SALES" DOUBLE,
  "RUN_ID" VARCHAR
)
;
CREATE TRANSIENT TABLE IF NOT EXISTS "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENT_HISTORY" (
  "RUN_ID" VARCHAR,
  "MONTH_END" DATE,
  "WINDOW_DAYS" DECIMAL(0, 0),
  "SEGMENT_ID" DECIMAL(0, 0),
  "CUSTOMERS" DECIMAL(0, 0),
  "NET_SALES" DOUBLE,
  "JOINED" DECIMAL(0, 0),
  "LOST" DECIMAL(0, 0),
  "MOVED_IN" DECIMAL(0, 0),
  "MOVED_OUT" DECIMAL(0, 0),
  "BY_CUSTOMER" DECIMAL(0, 0),
  "BY_MODEL" DECIMAL(0, 0)
)
;
DELETE FROM "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS"
;
DELETE FROM "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS_HISTORY"
WHERE
  run_id = ?
;
DELETE FROM "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTATION_RUNS"
WHERE
  run_id = ?
;
DELETE FROM "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTS"
;
DELETE FROM "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENT_HISTORY"
WHERE
  EXISTS(
    SELECT
      0
    FROM "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENT_HISTORY_ID" AS s
    WHERE
      "RUN_ID" = CAST(s.value_0 AS VARCHAR)
  )
;
INSERT INTO "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS" (
  customer_id,
  segment_id,
  segment_name,
  rfm_recency,
  rfm_frequency,
  rfm_monetary,
  prediction_timestamp,
  run_id,
  certainty
)
SELECT
  s.customer_id,
  s.segment_id,
  g.segment_name,
  s.rfm_recency,
  s.rfm_frequency,
  s.rfm_monetary,
  CAST(? AS TIMESTAMPNTZ),
  ?,
  s.certainty
FROM "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENTS_ID" AS s
JOIN "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTS" AS g
  ON g.segment_id = s.segment_id
;
INSERT INTO "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS_HISTORY" (
  customer_id,
  segment_id,
  segment_name,
  rfm_recency,
  rfm_frequency,
  rfm_monetary,
  prediction_timestamp,
  run_id,
  certainty
)
SELECT
  s.customer_id,
  s.segment_id,
  g.segment_name,
  s.rfm_recency,
  s.rfm_frequency,
  s.rfm_monetary,
  CAST(? AS TIMESTAMPNTZ),
  ?,
  s.certainty
FROM "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENTS_ID" AS s
JOIN "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTS" AS g
  ON g.segment_id = s.segment_id
;
INSERT INTO "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTATION_RUNS" (
  run_id,
  created_at,
  published_at,
  source_name,
  first_sale,
  last_sale,
  as_of,
  segments,
  customers,
  silhouette_score,
  inertia,
  calinski_harabasz_score,
  davies_bouldin_score,
  settings,
  versions,
  source,
  product_version,
  features,
  scaler,
  centers,
  cluster_to_segment,
  manifest
)
SELECT
  CAST(? AS VARCHAR),
  CAST(? AS TIMESTAMPNTZ),
  CAST(? AS DATE),
  CAST(? AS DECIMAL(0, 0)),
  CAST(? AS DOUBLE)
;
INSERT INTO "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTS" (
  segment_id,
  segment_name,
  sentence,
  customers,
  share_of_customers,
  share_of_sales,
  run_id
)
SELECT
  CAST(? AS DECIMAL(0, 0)),
  CAST(? AS VARCHAR),
  CAST(? AS DOUBLE)
;
INSERT INTO "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENT_HISTORY" (
  "RUN_ID",
  "MONTH_END",
  "WINDOW_DAYS",
  "SEGMENT_ID",
  "CUSTOMERS",
  "NET_SALES",
  "JOINED",
  "LOST",
  "MOVED_IN",
  "MOVED_OUT",
  "BY_CUSTOMER",
  "BY_MODEL"
)
SELECT
  CAST(s.value_0 AS VARCHAR),
  CAST(s.value_1 AS DATE),
  CAST(s.value_2 AS DECIMAL(0, 0)),
  CAST(s.value_3 AS DECIMAL(0, 0)),
  CAST(s.value_4 AS DECIMAL(0, 0)),
  CAST(s.value_5 AS DOUBLE),
  CAST(s.value_6 AS DECIMAL(0, 0)),
  CAST(s.value_7 AS DECIMAL(0, 0)),
  CAST(s.value_8 AS DECIMAL(0, 0)),
  CAST(s.value_9 AS DECIMAL(0, 0)),
  CAST(s.value_10 AS DECIMAL(0, 0)),
  CAST(s.value_11 AS DECIMAL(0, 0))
FROM "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENT_HISTORY_ID" AS s
;
PUT 'file://ID' @"MARKETING_INSIGHTS_DB"."WALKED"."__WRITE_PANDAS_ID" PARALLEL=0
AUTO_COMPRESS=FALSE
SOURCE_COMPRESSION=AUTO_DETECT
OVERWRITE=TRUE
;
SELECT
  "t1"."CUSTOMER_ID"
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES" AS "t1"
LIMIT 0
;
SELECT
  "t1"."category",
  "t1"."lines",
  "t1"."money"
FROM query_9a1333f816 AS "t1"
;
SELECT
  "t1"."customer_id",
  "t1"."category",
  SUM("t1"."net") AS "net"
FROM query_7e83166b23 AS "t1"
GROUP BY
  0,
  0
;
SELECT
  "t1"."customer_id",
  "t1"."is_purchase",
  "t1"."orders",
  "t1"."day",
  CAST("t1"."net" AS DOUBLE) AS "net"
FROM query_8951337484 AS "t1"
;
SELECT
  "t1"."customer_id",
  "t1"."month",
  COUNT(*) AS "orders"
FROM query_339aa25311 AS "t1"
GROUP BY
  0,
  0
;
SELECT
  "t1"."customer_id",
  "t1"."month",
  SUM("t1"."net") AS "net",
  SUM("t1"."buys") AS "buys"
FROM query_ddfea10b1e AS "t1"
GROUP BY
  0,
  0
;
SELECT
  "t1"."customer_id",
  SUM("t1"."gross") AS "gross",
  SUM(IFF(NOT (
    COALESCE("t1"."discount" > 0, FALSE)
  ), "t1"."gross", NULL)) AS "full",
  SUM("t1"."net") AS "net",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."net", NULL)) AS "net_discounted",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."discount", NULL)) AS "discount",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."gross", NULL)) AS "gross_discounted"
FROM query_e73eb6d192 AS "t1"
GROUP BY
  0
;
SELECT
  "t1"."period",
  CAST("t1"."net" AS DOUBLE) AS "net_sales"
FROM query_bf971dd357 AS "t1"
;
SELECT
  "t1"."period",
  SUM("t1"."orders") AS "orders",
  COUNT(*) AS "customers",
  SUM(IFF("t1"."period" = "t1"."first", 0, 0)) AS "new_customers"
FROM query_9c9e0b8395 AS "t1"
GROUP BY
  0
;
SELECT
  "t1"."reason",
  COUNT(*) AS "lines",
  SUM("t1"."net") AS "money",
  MIN("t1"."day") AS "first",
  MAX("t1"."day") AS "last",
  COALESCE(SUM(CAST("t1"."transaction_id" IS NULL AS INT)), 0) AS "without_transaction"
FROM query_5d7386c0b2 AS "t1"
GROUP BY
  0
;
SELECT
  *
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES"
;
SELECT
  *
FROM query_b12bbab4d7 AS "t1"
ORDER BY
  "t1"."reason" ASC,
  "t1"."source_0" ASC,
  "t1"."source_1" ASC,
  "t1"."source_2" ASC,
  "t1"."source_3" ASC,
  "t1"."source_4" ASC,
  "t1"."source_5" ASC,
  "t1"."source_6" ASC,
  "t1"."source_7" ASC,
  "t1"."source_8" ASC
LIMIT 0
;
SELECT
  COUNT(*)
FROM "MARKETING_INSIGHTS_DB"."INFORMATION_SCHEMA".schemata
WHERE
  schema_name = ?
;
SELECT
  COUNT(*),
  COUNT(DISTINCT customer_id),
  SUM(CASE WHEN customer_id IS NULL THEN 0 ELSE 0 END),
  SUM(CASE WHEN segment_id IN (?, ?, ?, ?) THEN 0 ELSE 0 END)
FROM "MARKETING_INSIGHTS_DB"."WALKED"."STAGED_SEGMENTS_ID"
;
SELECT
  COUNT(DISTINCT "t1"."customer_id") AS "customers"
FROM query_37b44a1b51 AS "t1"
;
SELECT
  CURRENT_ROLE()
;
SELECT
  CURRENT_ROLE(),
  CURRENT_USER()
;
SELECT
  CURRENT_WAREHOUSE()
;
SELECT
  MAX("t1"."day") AS "last"
FROM query_34999108bc AS "t1"
;
SELECT
  MAX(run_id)
FROM "MARKETING_INSIGHTS_DB"."WALKED"."CUSTOMER_SEGMENTS"
;
SELECT
  ROW_COUNT,
  BYTES
FROM "MARKETING_INSIGHTS_DB"."INFORMATION_SCHEMA"."TABLES"
WHERE
  TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE <> 'VIEW'
;
SELECT
  SUM("t1"."n") AS "lines",
  SUM("t1"."copies") AS "copies",
  SUM(IFF("t1"."customers" > 0, 0, 0)) AS "ids",
  SUM(IFF("t1"."customers" > 0, 0, 0)) AS "shared",
  SUM("t1"."customers") AS "pairs",
  SUM("t1"."long") AS "long",
  SUM("t1"."several") AS "several",
  SUM("t1"."constant") AS "constant",
  COUNT(DISTINCT "t1"."level") AS "levels",
  IFF(MIN("t1"."low") = MAX("t1"."high"), 0, 0) AS "equal"
FROM query_bd5d113b26 AS "t1"
;
SELECT
  SUM(IFF("t1"."orders" > 0, 0, 0)) AS "customers",
  SUM("t1"."orders") AS "orders",
  SUM(IFF("t1"."orders" > 0, 0, 0)) AS "returns_only",
  SUM(IFF("t1"."orders" > 0, 0, "t1"."monetary")) AS "returns_money"
FROM query_6700938e28 AS "t1"
;
SELECT
  SYSTEM$LAST_CHANGE_COMMIT_TIME('"MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES"')
;
SELECT
  run_id
FROM "MARKETING_INSIGHTS_DB"."WALKED"."SEGMENTATION_RUNS"
;
SELECT
  schema_name
FROM "MARKETING_INSIGHTS_DB"."INFORMATION_SCHEMA"."SCHEMATA"
WHERE
  schema_name = ?
;
SELECT
  table_name
FROM "MARKETING_INSIGHTS_DB"."INFORMATION_SCHEMA"."TABLES"
WHERE
  table_schema = ?
;
SELECT
  table_name,
  column_name
FROM "MARKETING_INSIGHTS_DB"."INFORMATION_SCHEMA".columns
WHERE
  table_schema = ?
;
SHOW GRANTS TO ROLE "PUBLIC"
;
SHOW GRANTS TO ROLE "SYSADMIN"
;
WITH "feature_windows" AS (
  SELECT
    *
  FROM query_138bd104d9
)
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  CAST("t1"."as_of" - "t1"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t1"."orders" AS DOUBLE) AS "frequency",
  CAST("t1"."net" AS DOUBLE) AS "monetary"
FROM query_be3abb6e73 AS "t1"
;
WITH "feature_windows" AS (
  SELECT
    *
  FROM query_138bd104d9
)
SELECT
  "t1"."window",
  "t1"."segment_before",
  "t1"."segment_old_model",
  "t1"."segment_now",
  "t1"."bought_since",
  "t1"."is_lost",
  COUNT(*) AS "customers",
  SUM("t1"."previous_net") AS "money_before",
  SUM("t1"."net") AS "money_now"
FROM query_0cf8542b18 AS "t1"
GROUP BY
  0,
  0,
  0,
  0,
  0,
  0
;
WITH "feature_windows" AS (
  SELECT
    *
  FROM query_138bd104d9
)
SELECT
  "t1"."window",
  "t1"."segment_before",
  "t1"."segment_old_model",
  "t1"."segment_now",
  "t1"."bought_since",
  "t1"."is_lost",
  COUNT(*) AS "customers",
  SUM("t1"."previous_net") AS "money_before",
  SUM("t1"."net") AS "money_now"
FROM query_b39a000680 AS "t1"
GROUP BY
  0,
  0,
  0,
  0,
  0,
  0
;
WITH "feature_windows" AS (
  SELECT
    *
  FROM query_138bd104d9
)
SELECT
  *
FROM query_f621d08a06 AS "t1"
WHERE
  MD5("t1"."customer_id") < 'g'
;
WITH "requested_customer" AS (
  SELECT
    *
  FROM query_a55222be9a
), "t1" AS (
  SELECT
    *
  FROM query_3b5b399b8b
)
SELECT
  DATEADD(DAY, "t2"."day", DATE_FROM_PARTS(0, 0, 0)) AS "day",
  COALESCE("t3"."orders", 0) AS "orders",
  CAST("t2"."bought" AS DOUBLE) AS "bought",
  CAST("t2"."returned" AS DOUBLE) AS "returned"
FROM query_267743562a AS "t2"
LEFT OUTER JOIN query_d0c42d8a02 AS "t3"
  ON "t2"."day" = "t3"."day"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  "t3"."customer_id",
  "t3"."orders",
  CAST(0 - "t3"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t3"."orders" AS DOUBLE) AS "frequency",
  CAST("t3"."net" AS DOUBLE) AS "monetary",
  CAST("t3"."net" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "avg_order_value",
  CAST(0 - "t3"."first_day" AS DOUBLE) AS "tenure_days",
  COALESCE("t3"."median_gap", CAST(0 - "t3"."last_day" AS DOUBLE)) AS "typical_gap_days",
  CAST("t3"."lines" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "lines_per_order",
  CAST(COALESCE("t3"."categories", 0) AS DOUBLE) AS "category_count",
  CAST("t3"."lines" AS DOUBLE) AS "lines",
  CAST("t3"."net" AS DOUBLE) / IFF("t3"."lines" > 0, CAST("t3"."lines" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "avg_line_value",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t3"."discount" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "discount_share",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t3"."coupon_orders" AS DOUBLE) / IFF("t3"."orders" > 0, CAST("t3"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "coupon_share",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t3"."full_price" AS DOUBLE) / IFF("t3"."gross" > 0, CAST("t3"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "full_price_share"
FROM query_47b6a2e70a AS "t3"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  "t3"."segment_id",
  "t3"."category",
  "t3"."net_sales"
FROM query_d8e6c91ca6 AS "t3"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  "t3"."segment_id",
  "t3"."month",
  SUM("t3"."orders") AS "orders"
FROM query_480f6b93e0 AS "t3"
GROUP BY
  0,
  0
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  "t3"."segment_id",
  COALESCE(CAST("t3"."gross" AS DOUBLE), 0) AS "gross",
  COALESCE(CAST("t3"."full" AS DOUBLE), 0) AS "full",
  COALESCE(CAST("t3"."net" AS DOUBLE), 0) AS "net",
  COALESCE(CAST("t3"."net_discounted" AS DOUBLE), 0) AS "net_discounted",
  COALESCE(CAST("t3"."discount" AS DOUBLE), 0) AS "discount",
  COALESCE(CAST("t3"."gross_discounted" AS DOUBLE), 0) AS "gross_discounted"
FROM query_2ebc61bf4f AS "t3"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  "t3".*
  EXCLUDE ("net")
FROM query_97bdfdcafc AS "t3"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  *
FROM query_7cc74ed4fb AS "t3"
ORDER BY
  "t3"."customer_id" ASC
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  *
FROM query_e12a8b204d AS "t3"
WHERE
  MD5("t3"."customer_id") < 'g'
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
)
SELECT
  SUM("t3"."inertia_0") AS "inertia_0"
FROM query_80048756c3 AS "t3"
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
), "t3" AS (
  SELECT
    *
  FROM query_37b78ca2e6
)
SELECT
  *
FROM query_f95905c77e AS "t4"
ORDER BY
  "t4"."part" ASC
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
), "t3" AS (
  SELECT
    *
  FROM query_66f73fe4d0
)
SELECT
  *
FROM query_0773183907 AS "t4"
ORDER BY
  "t4"."part" ASC
;
WITH "t1" AS (
  SELECT
    *
  FROM query_6d71dd9052
), "t2" AS (
  SELECT
    *
  FROM query_346e968660
), "t3" AS (
  SELECT
    *
  FROM query_dff41de11b
)
SELECT
  *
FROM query_0773183907 AS "t4"
ORDER BY
  "t4"."part" ASC
;
WITH "t1" AS (
  SELECT
    *
  FROM query_b6f5b36c3b
), "t2" AS (
  SELECT
    *
  FROM query_f4d0e5e940
)
SELECT
  "t3"."lines",
  "t4"."ids",
  "t4"."doubtful",
  "t4"."unclean",
  "t4"."totals",
  "t4"."mixed_case",
  "t4"."decomposed",
  "t4"."rounded",
  "t4"."example",
  "t5"."total_orders",
  "t6"."n_lines",
  "t6"."n_total_categories",
  "t6"."n_labels_transaction_id",
  "t6"."n_labels_customer_id",
  "t6"."n_labels_category",
  "t6"."n_rounded_ids",
  "t6"."n_unclean_ids",
  "t6"."n_discounts",
  "t6"."n_below_zero",
  "t6"."n_rates",
  "t6"."n_percents",
  "t6"."n_signs",
  "t6"."n_as_amount",
  "t6"."n_as_negative",
  "t6"."n_as_rate",
  "t6"."n_as_percent",
  "t6"."n_too_large",
  "t6"."n_plausible_money",
  "t6"."n_discount_levels",
  "t7"."n_ids",
  "t7"."n_shared_ids",
  "t7"."n_pairs",
  "t7"."n_pairs_on_days",
  "t7"."n_several_lines",
  "t7"."n_first_customer",
  "t7"."n_first_day",
  "t7"."n_parts",
  "t7"."n_several_net_sales_amount",
  "t7"."n_constant_net_sales_amount",
  "t7"."n_first_net_sales_amount",
  "t7"."n_varied_net_sales_amount",
  "t7"."n_sum_line_net_sales_amount",
  "t7"."n_several_gross_sales_amount",
  "t7"."n_constant_gross_sales_amount",
  "t7"."n_first_gross_sales_amount",
  "t7"."n_varied_gross_sales_amount",
  "t7"."n_sum_line_gross_sales_amount",
  "t7"."n_several_discount_amount",
  "t7"."n_constant_discount_amount",
  "t7"."n_first_discount_amount",
  "t7"."n_varied_discount_amount",
  "t7"."n_sum_line_discount_amount",
  "t7"."n_levels_net_sales_amount",
  "t7"."n_levels_gross_sales_amount",
  "t7"."n_levels_discount_amount"
FROM query_8ffea5b611 AS "t3"
CROSS JOIN query_569bfdc196 AS "t4"
CROSS JOIN query_1505896208 AS "t5"
CROSS JOIN query_b7efa78862 AS "t6"
CROSS JOIN query_eacab2400e AS "t7"
;
-- query_006247ffbf
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."net",
  "t1"."last_day",
  "t1"."segment_id",
  "t1"."segment_id" AS "segment_old_model"
FROM query_fabf84e3d0 AS "t1"
;
-- query_02a72aaea4
SELECT
  "t1"."customer_id",
  "t1"."category",
  SUM("t1"."net") AS "net"
FROM query_7e83166b23 AS "t1"
GROUP BY
  0,
  0
;
-- query_0454c07628
SELECT
  "t1"."transaction_id",
  "t1"."customer_id",
  "t1"."day",
  "t1"."size",
  "t1"."buys",
  "t1"."count_net_sales_amount",
  "t1"."min_net_sales_amount",
  "t1"."max_net_sales_amount",
  "t1"."sum_net_sales_amount",
  "t1"."count_gross_sales_amount",
  "t1"."min_gross_sales_amount",
  "t1"."max_gross_sales_amount",
  "t1"."sum_gross_sales_amount",
  "t1"."count_discount_amount",
  "t1"."min_discount_amount",
  "t1"."max_discount_amount",
  "t1"."sum_discount_amount",
  IFF(COALESCE("t1"."size" > 0, FALSE), 0, 0) AS "n_parts",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_net_sales_amount" <> 0
        ) OR (
          "t1"."max_net_sales_amount" <> 0
        )
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_several_net_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_net_sales_amount" <> 0
        ) OR (
          "t1"."max_net_sales_amount" <> 0
        )
      )
      AND (
        "t1"."count_net_sales_amount" = "t1"."size"
      )
      AND (
        "t1"."min_net_sales_amount" = "t1"."max_net_sales_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_constant_net_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_net_sales_amount" <> 0
        ) OR (
          "t1"."max_net_sales_amount" <> 0
        )
      )
      AND (
        "t1"."count_net_sales_amount" = 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_first_net_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_net_sales_amount" <> 0
        ) OR (
          "t1"."max_net_sales_amount" <> 0
        )
      )
      AND (
        "t1"."min_net_sales_amount" <> "t1"."max_net_sales_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_varied_net_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_net_sales_amount" <> 0
        ) OR (
          "t1"."max_net_sales_amount" <> 0
        )
      )
      AND (
        "t1"."min_net_sales_amount" <> "t1"."max_net_sales_amount"
      )
      AND (
        ABS(CAST("t1"."max_net_sales_amount" * 0 AS DOUBLE) - CAST("t1"."sum_net_sales_amount" AS DOUBLE)) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_sum_line_net_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_gross_sales_amount" <> 0
        ) OR (
          "t1"."max_gross_sales_amount" <> 0
        )
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_several_gross_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_gross_sales_amount" <> 0
        ) OR (
          "t1"."max_gross_sales_amount" <> 0
        )
      )
      AND (
        "t1"."count_gross_sales_amount" = "t1"."size"
      )
      AND (
        "t1"."min_gross_sales_amount" = "t1"."max_gross_sales_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_constant_gross_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_gross_sales_amount" <> 0
        ) OR (
          "t1"."max_gross_sales_amount" <> 0
        )
      )
      AND (
        "t1"."count_gross_sales_amount" = 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_first_gross_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_gross_sales_amount" <> 0
        ) OR (
          "t1"."max_gross_sales_amount" <> 0
        )
      )
      AND (
        "t1"."min_gross_sales_amount" <> "t1"."max_gross_sales_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_varied_gross_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_gross_sales_amount" <> 0
        ) OR (
          "t1"."max_gross_sales_amount" <> 0
        )
      )
      AND (
        "t1"."min_gross_sales_amount" <> "t1"."max_gross_sales_amount"
      )
      AND (
        ABS(CAST("t1"."max_gross_sales_amount" * 0 AS DOUBLE) - CAST("t1"."sum_gross_sales_amount" AS DOUBLE)) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_sum_line_gross_sales_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_discount_amount" <> 0
        ) OR (
          "t1"."max_discount_amount" <> 0
        )
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_several_discount_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_discount_amount" <> 0
        ) OR (
          "t1"."max_discount_amount" <> 0
        )
      )
      AND (
        "t1"."count_discount_amount" = "t1"."size"
      )
      AND (
        "t1"."min_discount_amount" = "t1"."max_discount_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_constant_discount_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_discount_amount" <> 0
        ) OR (
          "t1"."max_discount_amount" <> 0
        )
      )
      AND (
        "t1"."count_discount_amount" = 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_first_discount_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_discount_amount" <> 0
        ) OR (
          "t1"."max_discount_amount" <> 0
        )
      )
      AND (
        "t1"."min_discount_amount" <> "t1"."max_discount_amount"
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_varied_discount_amount",
  IFF(
    COALESCE(
      (
        "t1"."size" > 0
      )
      AND (
        (
          "t1"."min_discount_amount" <> 0
        ) OR (
          "t1"."max_discount_amount" <> 0
        )
      )
      AND (
        "t1"."min_discount_amount" <> "t1"."max_discount_amount"
      )
      AND (
        ABS(CAST("t1"."max_discount_amount" * 0 AS DOUBLE) - CAST("t1"."sum_discount_amount" AS DOUBLE)) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_sum_line_discount_amount",
  IFF("t1"."size" > 0, "t1"."max_net_sales_amount", CAST(NULL AS DECIMAL(0, 0))) AS "level_net_sales_amount",
  IFF("t1"."size" > 0, "t1"."max_gross_sales_amount", CAST(NULL AS DECIMAL(0, 0))) AS "level_gross_sales_amount",
  IFF("t1"."size" > 0, "t1"."max_discount_amount", CAST(NULL AS DECIMAL(0, 0))) AS "level_discount_amount",
  (
    "t1"."buys" > 0
  ) AND (
    NOT "t1"."day" IS NULL
  ) AS "bought"
FROM query_066c7dd128 AS "t1"
;
-- query_046f7853d1
SELECT
  "t1".*
  EXCLUDE ("distance_0", "distance_1", "distance_2", "distance_3")
FROM query_d9d7b21527 AS "t1"
;
-- query_048826cb58
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."period",
  "t1"."lines",
  "t1"."coupons",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  IFF("t1"."lines" > 0, 0, 0) AS "orders",
  IFF("t1"."coupons" > 0, 0, 0) AS "coupon_orders",
  MAX(IFF("t1"."lines" > 0, "t1"."period", CAST(NULL AS BIGINT))) OVER (
    PARTITION BY "t1"."customer_id", "t1"."transaction_id"
    ORDER BY "t1"."period" ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND 0 preceding
  ) AS "previous",
  MAX(IFF("t1"."coupons" > 0, "t1"."period", CAST(NULL AS BIGINT))) OVER (
    PARTITION BY "t1"."customer_id", "t1"."transaction_id"
    ORDER BY "t1"."period" ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND 0 preceding
  ) AS "previous_coupon"
FROM query_25acbd1077 AS "t1"
;
-- query_066c7dd128
SELECT
  "t1"."transaction_id",
  "t1"."customer_id",
  "t1"."day",
  COUNT(*) AS "size",
  SUM(IFF(COALESCE("t1"."quantity" >= 0, TRUE), 0, 0)) AS "buys",
  COUNT("t1"."net_sales_amount") AS "count_net_sales_amount",
  MIN("t1"."net_sales_amount") AS "min_net_sales_amount",
  MAX("t1"."net_sales_amount") AS "max_net_sales_amount",
  SUM("t1"."net_sales_amount") AS "sum_net_sales_amount",
  COUNT("t1"."gross_sales_amount") AS "count_gross_sales_amount",
  MIN("t1"."gross_sales_amount") AS "min_gross_sales_amount",
  MAX("t1"."gross_sales_amount") AS "max_gross_sales_amount",
  SUM("t1"."gross_sales_amount") AS "sum_gross_sales_amount",
  COUNT("t1"."discount_amount") AS "count_discount_amount",
  MIN("t1"."discount_amount") AS "min_discount_amount",
  MAX("t1"."discount_amount") AS "max_discount_amount",
  SUM("t1"."discount_amount") AS "sum_discount_amount"
FROM query_ba256385b9 AS "t1"
GROUP BY
  0,
  0,
  0
;
-- query_0773183907
SELECT
  *
FROM query_dc137dc81b AS "t1"
UNION ALL
SELECT
  *
FROM query_441a931fe2 AS "t2"
;
-- query_0cf8542b18
SELECT
  "t1"."window",
  "t1"."net",
  "t1"."segment_old_model",
  "t1"."segment_id" AS "segment_now",
  IFF(COALESCE("t1"."previous_window" = (
    "t1"."window" - 0
  ), FALSE), "t1"."previous_segment", 0) AS "segment_before",
  IFF(
    COALESCE("t1"."previous_window" = (
      "t1"."window" - 0
    ), FALSE),
    "t1"."previous_net",
    CAST(NULL AS DECIMAL(0, 0))
  ) AS "previous_net",
  IFF(
    COALESCE("t1"."previous_window" = (
      "t1"."window" - 0
    ), FALSE)
    AND (
      "t1"."last_day" >= "t1"."previous_as_of"
    ),
    0,
    0
  ) AS "bought_since",
  IFF(COALESCE("t1"."next_window" = (
    "t1"."window" + 0
  ), FALSE), 0, 0) AS "is_lost"
FROM query_b1f2cd0f58 AS "t1"
;
-- query_0d3c06bd4b
SELECT
  "t1".*
  EXCLUDE ("distance_0", "distance_1", "distance_2", "distance_3")
FROM query_9c4a120d03 AS "t1"
;
-- query_0d6ca55ee1
SELECT
  "t1"."month" AS "peak_month"
FROM query_88466fbcd6 AS "t1"
;
-- query_10813cdb13
SELECT
  "t1"."customer_id",
  "t1"."day",
  SUM("t1"."net") AS "net"
FROM "t2" AS "t1"
GROUP BY
  0,
  0
;
-- query_1253633d1e
SELECT
  *
FROM query_37b44a1b51 AS "t1"
WHERE
  NOT "t1"."category" IS NULL
;
-- query_125558327c
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."squared_distance",
  "t1"."cluster",
  CAST(CASE WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 ELSE 0 END AS BIGINT) AS "segment_id"
FROM query_046f7853d1 AS "t1"
;
-- query_12f2cd562a
SELECT
  "t1"."customer_id",
  COUNT(*) AS "categories",
  SUM("t1"."net") AS "named",
  MAX("t1"."net") AS "favourite"
FROM query_ccccb346a4 AS "t1"
GROUP BY
  0
;
-- query_138bd104d9
SELECT
  *
FROM (VALUES
  (0, 0, 0, 0, 0, 0)) AS v("window", "as_of", "first_period", "last_period", "recent", "earlier")
;
-- query_148d1a31b1
SELECT
  "t1".*
  EXCLUDE ("orders")
FROM query_7bd03a81aa AS "t1"
;
-- query_1505896208
SELECT
  COUNT(*) AS "total_orders"
FROM query_db206fb45e AS "t1"
;
-- query_15dfd1df04
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."squared_distance",
  "t1"."cluster",
  CAST(CASE WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 ELSE 0 END AS BIGINT) AS "segment_id"
FROM query_0d3c06bd4b AS "t1"
;
-- query_17804e3b5a
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."quantity",
  "t1"."no_discount",
  "t1"."percent_sign",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8",
  "t1"."net_sales_amount",
  "t1"."gross_sales_amount",
  "t1"."discount_amount",
  "t1"."is_item",
  "t1"."net_sales_amount" AS "net",
  "t1"."gross_sales_amount" AS "gross",
  IFF("t1"."no_discount", CAST(0 AS DECIMAL(0, 0)), "t1"."discount_amount") AS "discount"
FROM query_94b449e4dd AS "t1"
;
-- query_17b3f7f414
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."quantity",
  "t1"."is_item",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_return",
  CASE
    WHEN "t1"."broken"
    THEN 'broken'
    WHEN NOT (
      "t1"."is_item"
    )
    THEN 'not_item'
    WHEN "t1"."customer_id" IS NULL
    THEN 'no_customer'
    WHEN (
      "t1"."day" IS NULL
    ) OR (
      "t1"."day" <= 0
    )
    THEN 'no_date'
    WHEN "t1"."day" > 0
    THEN 'after_load_day'
    WHEN "t1"."net" IS NULL
    THEN 'no_amount'
    WHEN COALESCE("t1"."quantity" = 0, FALSE)
    THEN 'zero_quantity'
    WHEN "t1"."day" < 0
    THEN 'before_start'
    WHEN "t1"."day" >= 0
    THEN 'on_or_after_as_of'
    WHEN "t1"."copy" > 0
    THEN 'duplicate'
    ELSE ''
  END AS "reason",
  NOT (
    "t1"."is_return" OR (
      "t1"."net" < 0
    )
  ) AS "is_purchase"
FROM query_c64058a77b AS "t1"
;
-- query_1cb125604c
SELECT
  "t1"."customer_id",
  "t1"."gross",
  "t1"."full",
  "t1"."net",
  "t1"."net_discounted",
  "t1"."discount",
  "t1"."gross_discounted",
  "t2"."segment_id"
FROM query_ffe0233211 AS "t1"
INNER JOIN query_6f5d9a726d AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_20616a76dd
SELECT
  *
FROM query_37b44a1b51 AS "t1"
WHERE
  "t1"."day" >= 0 AND "t1"."day" < 0
;
-- query_20c855fc32
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."quantity",
  "t1"."no_discount",
  "t1"."percent_sign",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."net_sales_amount",
  "t1"."gross_sales_amount",
  "t1"."discount_amount",
  NOT (
    FALSE
  ) AS "is_item"
FROM query_6f64c1b0cd AS "t1"
;
-- query_23ae7ccc0a
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."period",
  COUNT(IFF("t1"."is_purchase", 0, CAST(NULL AS TINYINT))) AS "lines",
  COUNT(IFF("t1"."is_purchase" AND "t1"."coupon_used", 0, CAST(NULL AS TINYINT))) AS "coupons",
  MIN(IFF("t1"."is_purchase", "t1"."day", NULL)) AS "first_day",
  MAX(IFF("t1"."is_purchase", "t1"."day", NULL)) AS "last_day",
  SUM("t1"."net") AS "net",
  SUM(IFF("t1"."is_purchase", "t1"."gross", NULL)) AS "gross",
  SUM(IFF("t1"."is_purchase", "t1"."discount", NULL)) AS "discount",
  SUM(IFF("t1"."is_purchase" AND (
    "t1"."discount" <= 0
  ), "t1"."gross", NULL)) AS "full_price",
  SUM(IFF("t1"."is_purchase", "t1"."net", NULL)) AS "bought",
  SUM(IFF("t1"."is_purchase" AND (
    (
      (
        "t1"."day" + 0
      ) % 0
    ) >= 0
  ), "t1"."net", NULL)) AS "weekend"
FROM query_8ef2111ef5 AS "t1"
GROUP BY
  0,
  0,
  0
;
-- query_25acbd1077
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."period",
  COUNT(IFF("t1"."is_purchase", 0, CAST(NULL AS TINYINT))) AS "lines",
  COUNT(IFF("t1"."is_purchase" AND "t1"."coupon_used", 0, CAST(NULL AS TINYINT))) AS "coupons",
  MIN(IFF("t1"."is_purchase", "t1"."day", NULL)) AS "first_day",
  MAX(IFF("t1"."is_purchase", "t1"."day", NULL)) AS "last_day",
  SUM("t1"."net") AS "net",
  SUM(IFF("t1"."is_purchase", "t1"."gross", NULL)) AS "gross",
  SUM(IFF("t1"."is_purchase", "t1"."discount", NULL)) AS "discount",
  SUM(IFF("t1"."is_purchase" AND (
    "t1"."discount" <= 0
  ), "t1"."gross", NULL)) AS "full_price",
  SUM(IFF("t1"."is_purchase", "t1"."net", NULL)) AS "bought",
  SUM(IFF("t1"."is_purchase" AND (
    (
      (
        "t1"."day" + 0
      ) % 0
    ) >= 0
  ), "t1"."net", NULL)) AS "weekend"
FROM query_5628919a03 AS "t1"
GROUP BY
  0,
  0,
  0
;
-- query_25d1cf0382
SELECT
  "t1".*
  EXCLUDE ("axis_1", "axis_2", "axis_3")
FROM query_5ba3d124b9 AS "t1"
;
-- query_267743562a
SELECT
  "t1"."day",
  SUM(IFF("t1"."is_purchase", "t1"."net", CAST(0 AS DECIMAL(0, 0)))) AS "bought",
  SUM(IFF("t1"."is_purchase", CAST(0 AS DECIMAL(0, 0)), "t1"."net")) AS "returned"
FROM "t2" AS "t1"
GROUP BY
  0
;
-- query_26a2486972
SELECT
  "t1"."customer_id",
  "t1"."month",
  COUNT(*) AS "orders"
FROM query_339aa25311 AS "t1"
GROUP BY
  0,
  0
;
-- query_2846f1302d
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  MIN(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "day",
  MAX(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "until",
  COUNT(IFF("t1"."is_purchase", 0, CAST(NULL AS TINYINT))) AS "lines",
  SUM("t1"."net") AS "net",
  SUM(IFF("t1"."is_purchase", "t1"."gross", CAST(NULL AS DECIMAL(0, 0)))) AS "gross",
  SUM(IFF("t1"."is_purchase", "t1"."discount", CAST(NULL AS DECIMAL(0, 0)))) AS "discount",
  SUM(IFF("t1"."is_purchase" AND (
    "t1"."discount" <= 0
  ), "t1"."gross", CAST(NULL AS DECIMAL(0, 0)))) AS "full_price",
  COUNT(IFF("t1"."is_purchase" AND "t1"."coupon_used", 0, CAST(NULL AS TINYINT))) > 0 AS "coupon"
FROM "t2" AS "t1"
GROUP BY
  0,
  0
;
-- query_2aafce6b1e
SELECT
  "t1"."customer_id",
  "t1"."day",
  "t1"."net",
  "t1"."month",
  "t2"."peak_month"
FROM "t3" AS "t1"
LEFT OUTER JOIN query_0d6ca55ee1 AS "t2"
  ON "t1"."month" = "t2"."peak_month"
;
-- query_2ebc61bf4f
SELECT
  "t1"."segment_id",
  SUM("t1"."gross") AS "gross",
  SUM("t1"."full") AS "full",
  SUM("t1"."net") AS "net",
  SUM("t1"."net_discounted") AS "net_discounted",
  SUM("t1"."discount") AS "discount",
  SUM("t1"."gross_discounted") AS "gross_discounted"
FROM query_1cb125604c AS "t1"
GROUP BY
  0
;
-- query_32a1bf66eb
SELECT
  "t1"."customer_id",
  "t1"."orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."median_gap",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."coupon_orders",
  "t2"."customer_id" AS "customer_id_right",
  "t2"."bought",
  "t2"."weekend",
  "t2"."peak",
  "t2"."recent",
  "t2"."earlier",
  "t2"."categories",
  "t2"."named",
  "t2"."favourite"
FROM query_9098911db3 AS "t1"
LEFT OUTER JOIN query_6e41315fff AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_339aa25311
SELECT
  "t1"."customer_id",
  (
    (
      DATE_PART(year, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0))) * 0
    ) + DATE_PART(month, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0)))
  ) - 0 AS "month"
FROM query_ea6c7a35a3 AS "t1"
;
-- query_346e968660
SELECT
  "t1"."customer_id",
  "t1"."day",
  "t1"."net",
  DATE_PART(month, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0))) AS "month"
FROM query_10813cdb13 AS "t1"
;
-- query_34999108bc
SELECT
  *
FROM query_5d7386c0b2 AS "t1"
WHERE
  "t1"."reason" = ''
;
-- query_37a5877e87
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."quantity",
  "t1"."no_discount",
  "t1"."percent_sign",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."net_sales_amount",
  "t1"."gross_sales_amount",
  "t1"."discount_amount",
  IFF(
    COALESCE(
      COALESCE(
        "t1"."category" IN (
          'DELSUMMA',
          'Delsumma',
          'EINDTOTAAL',
          'ERGEBNIS',
          'Eindtotaal',
          'Ergebnis',
          'GESAMTERGEBNIS',
          'GESAMTSUMME',
          'GRAND TOTAL',
          'Gesamtergebnis',
          'Gesamtsumme',
          'Grand Total',
          'Grand total',
          'INVOICE TOTAL',
          'Invoice Total',
          'Invoice total',
          'ORDER TOTAL',
          'Order Total',
          'Order total',
          'RAZEM',
          'Razem',
          'SOUS TOTAL',
          'SOUS-TOTAL',
          'SUB TOTAL',
          'SUB-TOTAL',
          'SUBTOTAAL',
          'SUBTOTAL',
          'SUBTOTALE',
          'SUMA',
          'SUMA KOŃCOWA',
          'SUMMA',
          'SUMME',
          'Sous Total',
          'Sous total',
          'Sous-Total',
          'Sous-total',
          'Sub Total',
          'Sub total',
          'Sub-Total',
          'Sub-total',
          'Subtotaal',
          'Subtotal',
          'Subtotale',
          'Suma',
          'Suma Końcowa',
          'Suma końcowa',
          'Summa',
          'Summe',
          'TEILSUMME',
          'TOTAAL',
          'TOTAL',
          'TOTAL GENERAL',
          'TOTAL GERAL',
          'TOTAL GÉNÉRAL',
          'TOTALE',
          'TOTALE COMPLESSIVO',
          'TOTALS',
          'TOTALSUMMA',
          'Teilsumme',
          'Totaal',
          'Total',
          'Total General',
          'Total Geral',
          'Total Général',
          'Total general',
          'Total geral',
          'Total général',
          'Totale',
          'Totale Complessivo',
          'Totale complessivo',
          'Totals',
          'Totalsumma',
          'ZWISCHENSUMME',
          'Zwischensumme',
          'delsumma',
          'eindtotaal',
          'ergebnis',
          'gesamtergebnis',
          'gesamtsumme',
          'grand total',
          'invoice total',
          'order total',
          'razem',
          'sous total',
          'sous-total',
          'sub total',
          'sub-total',
          'subtotaal',
          'subtotal',
          'subtotale',
          'suma',
          'suma końcowa',
          'summa',
          'summe',
          'teilsumme',
          'totaal',
          'total',
          'total general',
          'total geral',
          'total général',
          'totale',
          'totale complessivo',
          'totals',
          'totalsumma',
          'zwischensumme'
        ),
        FALSE
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_total_categories",
  IFF(
    COALESCE(
      COALESCE(
        REGEXP_LIKE(
          TRIM(LOWER("t1"."transaction_id"), ' \t\n\r\x0b\f'),
          CONCAT(
            '.*',
            '^(totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :#-]|[ :-](totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :]*$',
            '.*'
          ),
          'cs'
        ),
        FALSE
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_labels_transaction_id",
  IFF(
    COALESCE(
      COALESCE(
        REGEXP_LIKE(
          TRIM(LOWER("t1"."customer_id"), ' \t\n\r\x0b\f'),
          CONCAT(
            '.*',
            '^(totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :#-]|[ :-](totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :]*$',
            '.*'
          ),
          'cs'
        ),
        FALSE
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_labels_customer_id",
  IFF(
    COALESCE(
      COALESCE(
        REGEXP_LIKE(
          TRIM(LOWER("t1"."category"), ' \t\n\r\x0b\f'),
          CONCAT(
            '.*',
            '^(totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :#-]|[ :-](totale complessivo|gesamtergebnis|invoice total|zwischensumme|total général|total general|suma końcowa|grand total|order total|gesamtsumme|total geral|sous-total|sous total|eindtotaal|totalsumma|sub total|sub-total|teilsumme|subtotaal|subtotale|subtotal|ergebnis|delsumma|totals|totaal|totale|total|summe|razem|summa|suma)[ :]*$',
            '.*'
          ),
          'cs'
        ),
        FALSE
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_labels_category",
  IFF(
    COALESCE(
      CONTAINS(UPPER("t1"."transaction_id"), 'E+')
      AND REGEXP_LIKE("t1"."transaction_id", CONCAT('.*', '^[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}$', '.*'), 'cs'),
      FALSE
    ),
    0,
    0
  ) AS "n_rounded_ids",
  IFF(
    COALESCE(
      (
        "t1"."transaction_id" < '!'
      )
      OR RIGHT("t1"."transaction_id", 0) IN (' ', '\t', '\n', '\r', ' ', '​', '﻿')
      OR SUBSTRING("t1"."transaction_id", IFF((
        0 + 0
      ) >= 0, 0 + 0, 0 + 0 + LENGTH("t1"."transaction_id")), 0) IN (' ', '​', '﻿')
      OR ENDSWITH("t1"."transaction_id", '.0')
      OR (
        (
          LENGTH("t1"."transaction_id") <= 0
        )
        AND LOWER("t1"."transaction_id") IN (
          'na',
          'n/a',
          '#n/a',
          'null',
          '(null)',
          'none',
          'nan',
          '\\n',
          '-',
          '--',
          'nil',
          '(blank)',
          '<na>',
          'nat',
          'n.a.',
          'k.a.',
          'n/v',
          '.',
          '---',
          '<null>',
          '[null]',
          '#null!',
          'undefined',
          '(not set)',
          'not set'
        )
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_unclean_ids",
  IFF(COALESCE((
    "t1"."discount_amount" <> 0
  ) AND (
    "t1"."net_sales_amount" >= 0
  ), FALSE), 0, 0) AS "n_discounts",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      ) AND (
        "t1"."net_sales_amount" >= 0
      ) AND (
        "t1"."discount_amount" < 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_below_zero",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS("t1"."discount_amount") <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_rates",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS("t1"."discount_amount") <= 0
      )
      AND (
        ABS("t1"."discount_amount") >= 0
      )
      AND (
        "t1"."discount_amount" = CAST(ROUND("t1"."discount_amount", 0) AS DECIMAL(0, 0))
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_percents",
  IFF(
    COALESCE((
      "t1"."discount_amount" <> 0
    ) AND (
      "t1"."net_sales_amount" >= 0
    ) AND "t1"."percent_sign", FALSE),
    0,
    0
  ) AS "n_signs",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS(
          (
            CAST("t1"."gross_sales_amount" AS DOUBLE) - CAST("t1"."discount_amount" AS DOUBLE)
          ) - CAST("t1"."net_sales_amount" AS DOUBLE)
        ) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_as_amount",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS(
          (
            CAST("t1"."gross_sales_amount" AS DOUBLE) + CAST("t1"."discount_amount" AS DOUBLE)
          ) - CAST("t1"."net_sales_amount" AS DOUBLE)
        ) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_as_negative",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS(
          (
            CAST("t1"."gross_sales_amount" AS DOUBLE) * (
              0 - CAST(ABS("t1"."discount_amount") AS DOUBLE)
            )
          ) - CAST("t1"."net_sales_amount" AS DOUBLE)
        ) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_as_rate",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS(
          (
            CAST("t1"."gross_sales_amount" AS DOUBLE) * (
              0 - (
                CAST(ABS("t1"."discount_amount") AS DOUBLE) / 0
              )
            )
          ) - CAST("t1"."net_sales_amount" AS DOUBLE)
        ) <= 0
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_as_percent",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        ABS("t1"."discount_amount") > ABS("t1"."net_sales_amount")
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_too_large",
  IFF(
    COALESCE(
      (
        "t1"."discount_amount" <> 0
      )
      AND (
        "t1"."net_sales_amount" >= 0
      )
      AND (
        (
          ABS("t1"."discount_amount") * 0
        ) > ABS("t1"."net_sales_amount")
      ),
      FALSE
    ),
    0,
    0
  ) AS "n_plausible_money"
FROM "t2" AS "t1"
;
-- query_37b44a1b51
SELECT
  "t1".*
  EXCLUDE ("reason")
FROM query_34999108bc AS "t1"
;
-- query_37b78ca2e6
SELECT
  "t1"."segment_id",
  COUNT(*) AS "customers",
  CAST(SUM(CAST("t1"."monetary" AS DECIMAL(0, 0))) AS DOUBLE) AS "net_sales",
  MEDIAN("t1"."recency_days") AS "median_recency_days",
  MEDIAN("t1"."frequency") AS "median_frequency",
  MEDIAN("t1"."monetary") AS "median_monetary",
  MEDIAN("t1"."avg_order_value") AS "median_avg_order_value",
  MEDIAN("t1"."tenure_days") AS "median_tenure_days",
  MEDIAN("t1"."typical_gap_days") AS "median_typical_gap_days",
  MEDIAN("t1"."lines_per_order") AS "median_lines_per_order",
  MEDIAN("t1"."category_count") AS "median_category_count",
  MEDIAN("t1"."lines") AS "median_lines",
  MEDIAN("t1"."avg_line_value") AS "median_avg_line_value",
  MEDIAN("t1"."discount_share") AS "median_discount_share",
  MEDIAN("t1"."coupon_share") AS "median_coupon_share",
  MEDIAN("t1"."full_price_share") AS "median_full_price_share",
  AVG("t1"."recency_days") AS "mean_recency_days",
  AVG("t1"."frequency") AS "mean_frequency",
  AVG("t1"."monetary") AS "mean_monetary",
  AVG("t1"."avg_order_value") AS "mean_avg_order_value",
  AVG("t1"."tenure_days") AS "mean_tenure_days",
  AVG("t1"."typical_gap_days") AS "mean_typical_gap_days",
  AVG("t1"."lines_per_order") AS "mean_lines_per_order",
  AVG("t1"."category_count") AS "mean_category_count",
  AVG("t1"."lines") AS "mean_lines",
  AVG("t1"."avg_line_value") AS "mean_avg_line_value",
  AVG("t1"."discount_share") AS "mean_discount_share",
  AVG("t1"."coupon_share") AS "mean_coupon_share",
  AVG("t1"."full_price_share") AS "mean_full_price_share",
  AVG(IFF("t1"."frequency" = 0, 0, 0)) AS "single_order_share"
FROM query_e1aa6d3a47 AS "t1"
GROUP BY
  0
;
-- query_39f20e4699
SELECT
  "t1"."customer_id",
  SUM("t1"."net") AS "bought",
  SUM(IFF((
    (
      "t1"."day" + 0
    ) % 0
  ) >= 0, "t1"."net", NULL)) AS "weekend",
  SUM(IFF(NOT "t1"."peak_month" IS NULL, "t1"."net", NULL)) AS "peak",
  SUM(IFF("t1"."day" >= 0, "t1"."net", NULL)) AS "recent",
  SUM(IFF((
    "t1"."day" < 0
  ) AND (
    "t1"."day" >= 0
  ), "t1"."net", NULL)) AS "earlier"
FROM query_2aafce6b1e AS "t1"
GROUP BY
  0
;
-- query_3a73f6e10b
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."orders",
  "t1"."coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  COALESCE("t1"."gross", CAST(0 AS DECIMAL(0, 0))) AS "gross",
  COALESCE("t1"."discount", CAST(0 AS DECIMAL(0, 0))) AS "discount",
  COALESCE("t1"."full_price", CAST(0 AS DECIMAL(0, 0))) AS "full_price",
  "t1"."bought",
  "t1"."weekend",
  "t1"."recent",
  "t1"."earlier"
FROM query_b03b0f8347 AS "t1"
;
-- query_3b5b399b8b
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_purchase"
FROM query_7b540c3564 AS "t1"
WHERE
  EXISTS(
    SELECT
      0
    FROM "requested_customer" AS "t2"
    WHERE
      "t1"."customer_id" = "t2"."customer_id"
  )
;
-- query_3ce2595c6d
SELECT
  *
FROM query_3ed2d89cae AS "t1"
WHERE
  "t1"."reason" <> ''
;
-- query_3d6b77200d
SELECT
  "t1"."customer_id",
  (
    (
      DATE_PART(year, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0))) * 0
    ) + DATE_PART(month, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0)))
  ) - 0 AS "period"
FROM query_e9d39f07cf AS "t1"
;
-- query_3e44a2d685
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."quantity",
  "t1"."is_item",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_return",
  CASE
    WHEN "t1"."broken"
    THEN 'broken'
    WHEN NOT (
      "t1"."is_item"
    )
    THEN 'not_item'
    WHEN "t1"."customer_id" IS NULL
    THEN 'no_customer'
    WHEN (
      "t1"."day" IS NULL
    ) OR (
      "t1"."day" <= 0
    )
    THEN 'no_date'
    WHEN "t1"."day" > 0
    THEN 'after_load_day'
    WHEN "t1"."net" IS NULL
    THEN 'no_amount'
    WHEN COALESCE("t1"."quantity" = 0, FALSE)
    THEN 'zero_quantity'
    WHEN "t1"."day" < 0
    THEN 'before_start'
    WHEN "t1"."day" >= 0
    THEN 'on_or_after_as_of'
    WHEN "t1"."copy" > 0
    THEN 'duplicate'
    ELSE ''
  END AS "reason",
  NOT (
    "t1"."is_return" OR (
      "t1"."net" < 0
    )
  ) AS "is_purchase"
FROM query_43a363783b AS "t1"
;
-- query_3ed2d89cae
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8",
  "t1"."reason",
  "t1"."is_purchase"
FROM query_3e44a2d685 AS "t1"
;
-- query_43a363783b
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."quantity",
  "t1"."is_item",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."net")
  ), "t1"."net") AS "net",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."gross")
  ), "t1"."gross") AS "gross",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."discount")
  ), "t1"."discount") AS "discount",
  COALESCE("t1"."quantity" < 0, FALSE) AS "is_return"
FROM query_17804e3b5a AS "t1"
;
-- query_441a931fe2
SELECT
  'ranks' AS "part",
  CAST(NULL AS BIGINT) AS "segments__segment_id",
  CAST(NULL AS BIGINT) AS "segments__customers",
  CAST(NULL AS DOUBLE) AS "segments__net_sales",
  CAST(NULL AS DOUBLE) AS "segments__median_recency_days",
  CAST(NULL AS DOUBLE) AS "segments__median_frequency",
  CAST(NULL AS DOUBLE) AS "segments__median_monetary",
  CAST(NULL AS DOUBLE) AS "segments__median_avg_order_value",
  CAST(NULL AS DOUBLE) AS "segments__median_tenure_days",
  CAST(NULL AS DOUBLE) AS "segments__median_typical_gap_days",
  CAST(NULL AS DOUBLE) AS "segments__median_lines_per_order",
  CAST(NULL AS DOUBLE) AS "segments__median_category_count",
  CAST(NULL AS DOUBLE) AS "segments__median_lines",
  CAST(NULL AS DOUBLE) AS "segments__median_avg_line_value",
  CAST(NULL AS DOUBLE) AS "segments__median_discount_share",
  CAST(NULL AS DOUBLE) AS "segments__median_coupon_share",
  CAST(NULL AS DOUBLE) AS "segments__median_full_price_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_recency_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_frequency",
  CAST(NULL AS DOUBLE) AS "segments__mean_monetary",
  CAST(NULL AS DOUBLE) AS "segments__mean_avg_order_value",
  CAST(NULL AS DOUBLE) AS "segments__mean_tenure_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_typical_gap_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_lines_per_order",
  CAST(NULL AS DOUBLE) AS "segments__mean_category_count",
  CAST(NULL AS DOUBLE) AS "segments__mean_lines",
  CAST(NULL AS DOUBLE) AS "segments__mean_avg_line_value",
  CAST(NULL AS DOUBLE) AS "segments__mean_discount_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_coupon_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_full_price_share",
  CAST(NULL AS DOUBLE) AS "segments__single_order_share",
  "t1"."reorder_interval_days" AS "ranks__reorder_interval_days",
  "t1"."window_days" AS "ranks__window_days",
  "t1"."below_recency_days_1" AS "ranks__below_recency_days_1",
  "t1"."at_recency_days_1" AS "ranks__at_recency_days_1",
  "t1"."below_recency_days_2" AS "ranks__below_recency_days_2",
  "t1"."at_recency_days_2" AS "ranks__at_recency_days_2",
  "t1"."below_recency_days_3" AS "ranks__below_recency_days_3",
  "t1"."at_recency_days_3" AS "ranks__at_recency_days_3",
  "t1"."below_recency_days_4" AS "ranks__below_recency_days_4",
  "t1"."at_recency_days_4" AS "ranks__at_recency_days_4",
  "t1"."below_frequency_1" AS "ranks__below_frequency_1",
  "t1"."at_frequency_1" AS "ranks__at_frequency_1",
  "t1"."below_frequency_2" AS "ranks__below_frequency_2",
  "t1"."at_frequency_2" AS "ranks__at_frequency_2",
  "t1"."below_frequency_3" AS "ranks__below_frequency_3",
  "t1"."at_frequency_3" AS "ranks__at_frequency_3",
  "t1"."below_frequency_4" AS "ranks__below_frequency_4",
  "t1"."at_frequency_4" AS "ranks__at_frequency_4",
  "t1"."below_monetary_1" AS "ranks__below_monetary_1",
  "t1"."at_monetary_1" AS "ranks__at_monetary_1",
  "t1"."below_monetary_2" AS "ranks__below_monetary_2",
  "t1"."at_monetary_2" AS "ranks__at_monetary_2",
  "t1"."below_monetary_3" AS "ranks__below_monetary_3",
  "t1"."at_monetary_3" AS "ranks__at_monetary_3",
  "t1"."below_monetary_4" AS "ranks__below_monetary_4",
  "t1"."at_monetary_4" AS "ranks__at_monetary_4",
  "t1"."below_avg_order_value_1" AS "ranks__below_avg_order_value_1",
  "t1"."at_avg_order_value_1" AS "ranks__at_avg_order_value_1",
  "t1"."below_avg_order_value_2" AS "ranks__below_avg_order_value_2",
  "t1"."at_avg_order_value_2" AS "ranks__at_avg_order_value_2",
  "t1"."below_avg_order_value_3" AS "ranks__below_avg_order_value_3",
  "t1"."at_avg_order_value_3" AS "ranks__at_avg_order_value_3",
  "t1"."below_avg_order_value_4" AS "ranks__below_avg_order_value_4",
  "t1"."at_avg_order_value_4" AS "ranks__at_avg_order_value_4",
  "t1"."below_tenure_days_1" AS "ranks__below_tenure_days_1",
  "t1"."at_tenure_days_1" AS "ranks__at_tenure_days_1",
  "t1"."below_tenure_days_2" AS "ranks__below_tenure_days_2",
  "t1"."at_tenure_days_2" AS "ranks__at_tenure_days_2",
  "t1"."below_tenure_days_3" AS "ranks__below_tenure_days_3",
  "t1"."at_tenure_days_3" AS "ranks__at_tenure_days_3",
  "t1"."below_tenure_days_4" AS "ranks__below_tenure_days_4",
  "t1"."at_tenure_days_4" AS "ranks__at_tenure_days_4",
  "t1"."below_typical_gap_days_1" AS "ranks__below_typical_gap_days_1",
  "t1"."at_typical_gap_days_1" AS "ranks__at_typical_gap_days_1",
  "t1"."below_typical_gap_days_2" AS "ranks__below_typical_gap_days_2",
  "t1"."at_typical_gap_days_2" AS "ranks__at_typical_gap_days_2",
  "t1"."below_typical_gap_days_3" AS "ranks__below_typical_gap_days_3",
  "t1"."at_typical_gap_days_3" AS "ranks__at_typical_gap_days_3",
  "t1"."below_typical_gap_days_4" AS "ranks__below_typical_gap_days_4",
  "t1"."at_typical_gap_days_4" AS "ranks__at_typical_gap_days_4",
  "t1"."below_lines_per_order_1" AS "ranks__below_lines_per_order_1",
  "t1"."at_lines_per_order_1" AS "ranks__at_lines_per_order_1",
  "t1"."below_lines_per_order_2" AS "ranks__below_lines_per_order_2",
  "t1"."at_lines_per_order_2" AS "ranks__at_lines_per_order_2",
  "t1"."below_lines_per_order_3" AS "ranks__below_lines_per_order_3",
  "t1"."at_lines_per_order_3" AS "ranks__at_lines_per_order_3",
  "t1"."below_lines_per_order_4" AS "ranks__below_lines_per_order_4",
  "t1"."at_lines_per_order_4" AS "ranks__at_lines_per_order_4",
  "t1"."below_category_count_1" AS "ranks__below_category_count_1",
  "t1"."at_category_count_1" AS "ranks__at_category_count_1",
  "t1"."below_category_count_2" AS "ranks__below_category_count_2",
  "t1"."at_category_count_2" AS "ranks__at_category_count_2",
  "t1"."below_category_count_3" AS "ranks__below_category_count_3",
  "t1"."at_category_count_3" AS "ranks__at_category_count_3",
  "t1"."below_category_count_4" AS "ranks__below_category_count_4",
  "t1"."at_category_count_4" AS "ranks__at_category_count_4",
  "t1"."below_lines_1" AS "ranks__below_lines_1",
  "t1"."at_lines_1" AS "ranks__at_lines_1",
  "t1"."below_lines_2" AS "ranks__below_lines_2",
  "t1"."at_lines_2" AS "ranks__at_lines_2",
  "t1"."below_lines_3" AS "ranks__below_lines_3",
  "t1"."at_lines_3" AS "ranks__at_lines_3",
  "t1"."below_lines_4" AS "ranks__below_lines_4",
  "t1"."at_lines_4" AS "ranks__at_lines_4",
  "t1"."below_avg_line_value_1" AS "ranks__below_avg_line_value_1",
  "t1"."at_avg_line_value_1" AS "ranks__at_avg_line_value_1",
  "t1"."below_avg_line_value_2" AS "ranks__below_avg_line_value_2",
  "t1"."at_avg_line_value_2" AS "ranks__at_avg_line_value_2",
  "t1"."below_avg_line_value_3" AS "ranks__below_avg_line_value_3",
  "t1"."at_avg_line_value_3" AS "ranks__at_avg_line_value_3",
  "t1"."below_avg_line_value_4" AS "ranks__below_avg_line_value_4",
  "t1"."at_avg_line_value_4" AS "ranks__at_avg_line_value_4",
  "t1"."below_discount_share_1" AS "ranks__below_discount_share_1",
  "t1"."at_discount_share_1" AS "ranks__at_discount_share_1",
  "t1"."below_discount_share_2" AS "ranks__below_discount_share_2",
  "t1"."at_discount_share_2" AS "ranks__at_discount_share_2",
  "t1"."below_discount_share_3" AS "ranks__below_discount_share_3",
  "t1"."at_discount_share_3" AS "ranks__at_discount_share_3",
  "t1"."below_discount_share_4" AS "ranks__below_discount_share_4",
  "t1"."at_discount_share_4" AS "ranks__at_discount_share_4",
  "t1"."below_coupon_share_1" AS "ranks__below_coupon_share_1",
  "t1"."at_coupon_share_1" AS "ranks__at_coupon_share_1",
  "t1"."below_coupon_share_2" AS "ranks__below_coupon_share_2",
  "t1"."at_coupon_share_2" AS "ranks__at_coupon_share_2",
  "t1"."below_coupon_share_3" AS "ranks__below_coupon_share_3",
  "t1"."at_coupon_share_3" AS "ranks__at_coupon_share_3",
  "t1"."below_coupon_share_4" AS "ranks__below_coupon_share_4",
  "t1"."at_coupon_share_4" AS "ranks__at_coupon_share_4",
  "t1"."below_full_price_share_1" AS "ranks__below_full_price_share_1",
  "t1"."at_full_price_share_1" AS "ranks__at_full_price_share_1",
  "t1"."below_full_price_share_2" AS "ranks__below_full_price_share_2",
  "t1"."at_full_price_share_2" AS "ranks__at_full_price_share_2",
  "t1"."below_full_price_share_3" AS "ranks__below_full_price_share_3",
  "t1"."at_full_price_share_3" AS "ranks__at_full_price_share_3",
  "t1"."below_full_price_share_4" AS "ranks__below_full_price_share_4",
  "t1"."at_full_price_share_4" AS "ranks__at_full_price_share_4"
FROM query_c98be39980 AS "t1"
;
-- query_463d38eb6b
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."axis_1",
  "t1"."axis_2",
  "t1"."axis_3",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_0",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_1",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_2",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_3"
FROM query_da556d4b30 AS "t1"
;
-- query_47b6a2e70a
SELECT
  "t1".*
  EXCLUDE ("customer_id_right")
FROM query_32a1bf66eb AS "t1"
;
-- query_480f6b93e0
SELECT
  "t1"."customer_id",
  "t1"."month",
  "t1"."orders",
  "t2"."segment_id"
FROM query_26a2486972 AS "t1"
INNER JOIN query_6f5d9a726d AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_4865466c2c
SELECT
  'segments' AS "part",
  "t1"."segment_id" AS "segments__segment_id",
  "t1"."customers" AS "segments__customers",
  "t1"."net_sales" AS "segments__net_sales",
  "t1"."median_recency_days" AS "segments__median_recency_days",
  "t1"."median_frequency" AS "segments__median_frequency",
  "t1"."median_monetary" AS "segments__median_monetary",
  "t1"."median_avg_order_value" AS "segments__median_avg_order_value",
  "t1"."median_tenure_days" AS "segments__median_tenure_days",
  "t1"."median_typical_gap_days" AS "segments__median_typical_gap_days",
  "t1"."median_lines_per_order" AS "segments__median_lines_per_order",
  "t1"."median_category_count" AS "segments__median_category_count",
  "t1"."median_lines" AS "segments__median_lines",
  "t1"."median_avg_line_value" AS "segments__median_avg_line_value",
  "t1"."median_discount_share" AS "segments__median_discount_share",
  "t1"."median_coupon_share" AS "segments__median_coupon_share",
  "t1"."median_full_price_share" AS "segments__median_full_price_share",
  "t1"."mean_recency_days" AS "segments__mean_recency_days",
  "t1"."mean_frequency" AS "segments__mean_frequency",
  "t1"."mean_monetary" AS "segments__mean_monetary",
  "t1"."mean_avg_order_value" AS "segments__mean_avg_order_value",
  "t1"."mean_tenure_days" AS "segments__mean_tenure_days",
  "t1"."mean_typical_gap_days" AS "segments__mean_typical_gap_days",
  "t1"."mean_lines_per_order" AS "segments__mean_lines_per_order",
  "t1"."mean_category_count" AS "segments__mean_category_count",
  "t1"."mean_lines" AS "segments__mean_lines",
  "t1"."mean_avg_line_value" AS "segments__mean_avg_line_value",
  "t1"."mean_discount_share" AS "segments__mean_discount_share",
  "t1"."mean_coupon_share" AS "segments__mean_coupon_share",
  "t1"."mean_full_price_share" AS "segments__mean_full_price_share",
  "t1"."single_order_share" AS "segments__single_order_share",
  CAST(NULL AS DOUBLE) AS "ranks__reorder_interval_days",
  CAST(NULL AS DOUBLE) AS "ranks__window_days",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_1",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_1",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_2",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_2",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_3",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_3",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_1",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_1",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_2",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_2",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_3",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_3",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_1",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_1",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_2",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_2",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_3",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_3",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_1",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_1",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_2",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_2",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_3",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_3",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_1",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_1",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_2",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_2",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_3",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_3",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_1",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_1",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_2",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_2",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_3",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_3",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_1",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_1",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_2",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_2",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_3",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_3",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_3",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_3",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_3"
FROM "t2" AS "t1"
;
-- query_4a820ff920
SELECT
  "t1"."category",
  COUNT(*) AS "lines",
  SUM("t1"."net") AS "net"
FROM query_7a90c3a3a2 AS "t1"
GROUP BY
  0
;
-- query_4a8fe8f70e
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  SUM("t1"."orders") AS "orders",
  SUM("t1"."coupon_orders") AS "coupon_orders",
  SUM("t1"."lines") AS "lines",
  MIN("t1"."first_day") AS "first_day",
  MAX("t1"."last_day") AS "last_day",
  SUM("t1"."net") AS "net",
  SUM("t1"."gross") AS "gross",
  SUM("t1"."discount") AS "discount",
  SUM("t1"."full_price") AS "full_price",
  SUM("t1"."bought") AS "bought",
  SUM("t1"."weekend") AS "weekend"
FROM query_955adbb5da AS "t1"
GROUP BY
  0,
  0,
  0,
  0
;
-- query_4c2adb198d
SELECT
  "t1"."customer_id",
  "t1"."month",
  "t1"."net",
  "t1"."buys",
  "t2"."segment_id"
FROM query_7e33e7f607 AS "t1"
INNER JOIN query_6f5d9a726d AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_50e55c2ae3
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."net",
  "t1"."last_day",
  "t1"."segment_id",
  "t1"."segment_old_model",
  LAG("t1"."window") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_window",
  LAG("t1"."segment_id") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_segment",
  LAG("t1"."net") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_net",
  LAG("t1"."as_of") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_as_of",
  LEAD("t1"."window") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "next_window"
FROM query_006247ffbf AS "t1"
;
-- query_53c89eb59d
SELECT
  "t1"."transaction_id",
  "t1"."customer_id",
  "t1"."n",
  "t1"."copies",
  "t1"."bought",
  "t1"."first",
  "t1"."last",
  "t1"."low",
  "t1"."high",
  IFF((
    NOT "t1"."transaction_id" IS NULL
  ) AND (
    "t1"."bought" > 0
  ), 0, 0) AS "order",
  IFF((
    NOT "t1"."transaction_id" IS NULL
  ) AND (
    "t1"."bought" > 0
  ) AND (
    "t1"."last" > "t1"."first"
  ), 0, 0) AS "long",
  IFF((
    NOT "t1"."transaction_id" IS NULL
  ) AND (
    "t1"."bought" > 0
  ) AND (
    "t1"."bought" > 0
  ), 0, 0) AS "several",
  IFF(
    (
      NOT "t1"."transaction_id" IS NULL
    )
    AND (
      "t1"."bought" > 0
    )
    AND (
      "t1"."bought" > 0
    )
    AND (
      "t1"."low" = "t1"."high"
    ),
    0,
    0
  ) AS "constant",
  IFF(
    (
      NOT "t1"."transaction_id" IS NULL
    )
    AND (
      "t1"."bought" > 0
    )
    AND (
      "t1"."bought" > 0
    )
    AND (
      "t1"."low" = "t1"."high"
    ),
    "t1"."high",
    CAST(NULL AS DECIMAL(0, 0))
  ) AS "level"
FROM query_ce1c2d8f5a AS "t1"
;
-- query_5628919a03
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_purchase",
  CAST(CASE
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    ELSE 0
  END AS BIGINT) AS "period"
FROM query_20616a76dd AS "t1"
;
-- query_569bfdc196
SELECT
  COUNT(*) AS "ids",
  SUM(
    CAST((
      LENGTH("t1"."customer_id") <= 0
    )
    AND LOWER("t1"."customer_id") IN (
      '0',
      '-1',
      '00',
      '000',
      '0000',
      '00000',
      '000000',
      'guest',
      'guests',
      'guest checkout',
      'guest customer',
      'guest user',
      'unknown',
      'unknown customer',
      'anonymous',
      'anonymous customer',
      'not available',
      'no customer',
      'walk-in',
      'walk in',
      'walkin',
      'walk-in customer',
      'walk in customer',
      'cash',
      'cash customer',
      'cash sale',
      'default customer',
      'gast',
      'unbekannt',
      'laufkunde',
      'laufkundschaft',
      'barverkauf',
      'barkunde',
      'kassakunde',
      'kassenkunde',
      'diverse',
      'diverse kunden',
      'no name',
      'noname',
      'test',
      'test customer',
      'testkunde',
      'dummy',
      'deleted user',
      'client de passage',
      'client comptoir',
      'comptoir',
      'consumidor final',
      'cliente generico',
      'cliente genérico',
      'cliente mostrador',
      'cliente occasionale',
      'kontantkund',
      'invite',
      'inconnu',
      'onbekend',
      'invitado',
      'desconocido',
      'ospite',
      'sconosciuto',
      'convidado',
      'desconhecido',
      'nieznany',
      'okand'
    ) AS INT)
  ) AS "doubtful",
  SUM(
    CAST((
      "t1"."customer_id" < '!'
    )
    OR RIGHT("t1"."customer_id", 0) IN (' ', '\t', '\n', '\r', ' ', '​', '﻿')
    OR SUBSTRING("t1"."customer_id", IFF((
      0 + 0
    ) >= 0, 0 + 0, 0 + 0 + LENGTH("t1"."customer_id")), 0) IN (' ', '​', '﻿')
    OR ENDSWITH("t1"."customer_id", '.0')
    OR (
      (
        LENGTH("t1"."customer_id") <= 0
      )
      AND LOWER("t1"."customer_id") IN (
        'na',
        'n/a',
        '#n/a',
        'null',
        '(null)',
        'none',
        'nan',
        '\\n',
        '-',
        '--',
        'nil',
        '(blank)',
        '<na>',
        'nat',
        'n.a.',
        'k.a.',
        'n/v',
        '.',
        '---',
        '<null>',
        '[null]',
        '#null!',
        'undefined',
        '(not set)',
        'not set'
      )
    ) AS INT)
  ) AS "unclean",
  SUM(
    CAST("t1"."customer_id" IN (
      'DELSUMMA',
      'Delsumma',
      'EINDTOTAAL',
      'ERGEBNIS',
      'Eindtotaal',
      'Ergebnis',
      'GESAMTERGEBNIS',
      'GESAMTSUMME',
      'GRAND TOTAL',
      'Gesamtergebnis',
      'Gesamtsumme',
      'Grand Total',
      'Grand total',
      'INVOICE TOTAL',
      'Invoice Total',
      'Invoice total',
      'ORDER TOTAL',
      'Order Total',
      'Order total',
      'RAZEM',
      'Razem',
      'SOUS TOTAL',
      'SOUS-TOTAL',
      'SUB TOTAL',
      'SUB-TOTAL',
      'SUBTOTAAL',
      'SUBTOTAL',
      'SUBTOTALE',
      'SUMA',
      'SUMA KOŃCOWA',
      'SUMMA',
      'SUMME',
      'Sous Total',
      'Sous total',
      'Sous-Total',
      'Sous-total',
      'Sub Total',
      'Sub total',
      'Sub-Total',
      'Sub-total',
      'Subtotaal',
      'Subtotal',
      'Subtotale',
      'Suma',
      'Suma Końcowa',
      'Suma końcowa',
      'Summa',
      'Summe',
      'TEILSUMME',
      'TOTAAL',
      'TOTAL',
      'TOTAL GENERAL',
      'TOTAL GERAL',
      'TOTAL GÉNÉRAL',
      'TOTALE',
      'TOTALE COMPLESSIVO',
      'TOTALS',
      'TOTALSUMMA',
      'Teilsumme',
      'Totaal',
      'Total',
      'Total General',
      'Total Geral',
      'Total Général',
      'Total general',
      'Total geral',
      'Total général',
      'Totale',
      'Totale Complessivo',
      'Totale complessivo',
      'Totals',
      'Totalsumma',
      'ZWISCHENSUMME',
      'Zwischensumme',
      'delsumma',
      'eindtotaal',
      'ergebnis',
      'gesamtergebnis',
      'gesamtsumme',
      'grand total',
      'invoice total',
      'order total',
      'razem',
      'sous total',
      'sous-total',
      'sub total',
      'sub-total',
      'subtotaal',
      'subtotal',
      'subtotale',
      'suma',
      'suma końcowa',
      'summa',
      'summe',
      'teilsumme',
      'totaal',
      'total',
      'total general',
      'total geral',
      'total général',
      'totale',
      'totale complessivo',
      'totals',
      'totalsumma',
      'zwischensumme'
    ) AS INT)
  ) AS "totals",
  SUM(
    CAST(IFF(CONTAINS("t1"."customer_id", '@'), LOWER("t1"."customer_id"), "t1"."customer_id") <> "t1"."customer_id" AS INT)
  ) AS "mixed_case",
  SUM(CAST(REGEXP_LIKE("t1"."customer_id", CONCAT('.*', '[̀-ͯ]', '.*'), 'cs') AS INT)) AS "decomposed",
  SUM(
    CAST(CONTAINS(UPPER("t1"."customer_id"), 'E+')
    AND REGEXP_LIKE("t1"."customer_id", CONCAT('.*', '^[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}$', '.*'), 'cs') AS INT)
  ) AS "rounded",
  MIN(
    IFF(
      CONTAINS(UPPER("t1"."customer_id"), 'E+')
      AND REGEXP_LIKE("t1"."customer_id", CONCAT('.*', '^[0-9]([.,][0-9]+)?[eE][+][0-9]{1,3}$', '.*'), 'cs'),
      "t1"."customer_id",
      CAST(NULL AS VARCHAR)
    )
  ) AS "example"
FROM query_d04de0a6f8 AS "t1"
;
-- query_5ba3d124b9
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."axis_1",
  "t1"."axis_2",
  "t1"."axis_3",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_0",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_1",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_2",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_3"
FROM query_c04eea46eb AS "t1"
;
-- query_5d7361f9db
SELECT
  CASE
    WHEN "t1"."CUSTOMER_ID" >= '!'
    THEN "t1"."CUSTOMER_ID"
    WHEN TRIM("t1"."CUSTOMER_ID", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."CUSTOMER_ID"
  END AS "customer_id",
  CASE
    WHEN "t1"."TRANSACTION_ID" >= '!'
    THEN "t1"."TRANSACTION_ID"
    WHEN TRIM("t1"."TRANSACTION_ID", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."TRANSACTION_ID"
  END AS "transaction_id",
  DATEDIFF(DAY, DATE_FROM_PARTS(0, 0, 0), TO_DATE("t1"."TRANSACTION_DATE")) AS "day",
  CAST("t1"."QUANTITY" AS DOUBLE) AS "quantity",
  IFF("t1"."DISCOUNT_AMOUNT" = CAST('NaN' AS DOUBLE), CAST(NULL AS DOUBLE), "t1"."DISCOUNT_AMOUNT") IS NULL AS "no_discount",
  FALSE AS "percent_sign",
  COALESCE(
    LOWER(TRIM("t1"."COUPON_STATUS", ' \t\n\r\x0b\f')) IN (
      '1',
      '1.0',
      'ano',
      'da',
      'evet',
      'igen',
      'j',
      'ja',
      'kyllä',
      'on',
      'oui',
      'prawda',
      'redeemed',
      'sand',
      'sant',
      'si',
      'sim',
      'sì',
      'sí',
      't',
      'tak',
      'tosi',
      'true',
      'used',
      'verdadeiro',
      'verdadero',
      'vero',
      'vrai',
      'waar',
      'wahr',
      'y',
      'yes',
      'áno',
      'ναι',
      'はい',
      '是'
    ),
    FALSE
  ) AS "coupon_used",
  CASE
    WHEN "t1"."PRODUCT_CATEGORY" >= '!'
    THEN "t1"."PRODUCT_CATEGORY"
    WHEN TRIM("t1"."PRODUCT_CATEGORY", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."PRODUCT_CATEGORY"
  END AS "category",
  (
    "t1"."CUSTOMER_ID" IS NULL
  )
  AND (
    "t1"."TRANSACTION_ID" IS NULL
  )
  AND (
    "t1"."TRANSACTION_DATE" IS NULL
  )
  AND (
    "t1"."NET_SALES_AMOUNT" IS NULL
  )
  AND (
    "t1"."GROSS_SALES_AMOUNT" IS NULL
  )
  AND (
    "t1"."DISCOUNT_AMOUNT" IS NULL
  )
  AND (
    "t1"."QUANTITY" IS NULL
  )
  AND (
    "t1"."PRODUCT_CATEGORY" IS NULL
  )
  AND (
    "t1"."COUPON_STATUS" IS NULL
  ) AS "broken",
  0 AS "copy",
  "t1"."CUSTOMER_ID" AS "source_0",
  "t1"."TRANSACTION_ID" AS "source_1",
  CAST("t1"."TRANSACTION_DATE" AS VARCHAR) AS "source_2",
  "t1"."PRODUCT_CATEGORY" AS "source_3",
  CAST("t1"."QUANTITY" AS VARCHAR) AS "source_4",
  CAST("t1"."GROSS_SALES_AMOUNT" AS VARCHAR) AS "source_5",
  CAST("t1"."DISCOUNT_AMOUNT" AS VARCHAR) AS "source_6",
  CAST("t1"."NET_SALES_AMOUNT" AS VARCHAR) AS "source_7",
  "t1"."COUPON_STATUS" AS "source_8",
  CAST(IFF(ABS("t1"."NET_SALES_AMOUNT") < 0, "t1"."NET_SALES_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "net_sales_amount",
  CAST(IFF(ABS("t1"."GROSS_SALES_AMOUNT") < 0, "t1"."GROSS_SALES_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "gross_sales_amount",
  CAST(IFF(ABS("t1"."DISCOUNT_AMOUNT") < 0, "t1"."DISCOUNT_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "discount_amount"
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES" AS "t1"
;
-- query_5d7386c0b2
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."reason",
  "t1"."is_purchase"
FROM query_17b3f7f414 AS "t1"
;
-- query_5fa58f3d01
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  LEAST("t1"."distance_0", "t1"."distance_1", "t1"."distance_2", "t1"."distance_3") AS "squared_distance"
FROM query_66d1f5321c AS "t1"
;
-- query_66d1f5321c
SELECT
  "t1".*
  EXCLUDE ("axis_1", "axis_2", "axis_3")
FROM query_463d38eb6b AS "t1"
;
-- query_66f73fe4d0
SELECT
  "t1"."segment_id",
  COUNT(*) AS "customers",
  CAST(SUM(CAST("t1"."monetary" AS DECIMAL(0, 0))) AS DOUBLE) AS "net_sales",
  MEDIAN("t1"."recency_days") AS "median_recency_days",
  MEDIAN("t1"."frequency") AS "median_frequency",
  MEDIAN("t1"."monetary") AS "median_monetary",
  MEDIAN("t1"."avg_order_value") AS "median_avg_order_value",
  MEDIAN("t1"."tenure_days") AS "median_tenure_days",
  MEDIAN("t1"."typical_gap_days") AS "median_typical_gap_days",
  MEDIAN("t1"."lines_per_order") AS "median_lines_per_order",
  MEDIAN("t1"."category_count") AS "median_category_count",
  MEDIAN("t1"."lines") AS "median_lines",
  MEDIAN("t1"."avg_line_value") AS "median_avg_line_value",
  MEDIAN("t1"."discount_share") AS "median_discount_share",
  MEDIAN("t1"."coupon_share") AS "median_coupon_share",
  MEDIAN("t1"."full_price_share") AS "median_full_price_share",
  AVG("t1"."recency_days") AS "mean_recency_days",
  AVG("t1"."frequency") AS "mean_frequency",
  AVG("t1"."monetary") AS "mean_monetary",
  AVG("t1"."avg_order_value") AS "mean_avg_order_value",
  AVG("t1"."tenure_days") AS "mean_tenure_days",
  AVG("t1"."typical_gap_days") AS "mean_typical_gap_days",
  AVG("t1"."lines_per_order") AS "mean_lines_per_order",
  AVG("t1"."category_count") AS "mean_category_count",
  AVG("t1"."lines") AS "mean_lines",
  AVG("t1"."avg_line_value") AS "mean_avg_line_value",
  AVG("t1"."discount_share") AS "mean_discount_share",
  AVG("t1"."coupon_share") AS "mean_coupon_share",
  AVG("t1"."full_price_share") AS "mean_full_price_share",
  AVG(IFF("t1"."frequency" = 0, 0, 0)) AS "single_order_share"
FROM query_9bd1f74daa AS "t1"
GROUP BY
  0
;
-- query_6700938e28
SELECT
  "t1"."customer_id",
  "t1"."orders",
  CAST("t1"."net" AS DOUBLE) AS "monetary"
FROM query_9098911db3 AS "t1"
;
-- query_69464b537c
SELECT
  "t1".*
  EXCLUDE ("transaction_id")
FROM query_2846f1302d AS "t1"
;
-- query_6bb88f8e56
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."net",
  "t1"."last_day",
  "t1"."segment_id",
  "t1"."segment_id" AS "segment_old_model"
FROM query_90a30ea0d4 AS "t1"
;
-- query_6d53bca6aa
SELECT
  "t1".*
  EXCLUDE ("axis_1", "axis_2", "axis_3")
FROM query_8d6c8e09cb AS "t1"
;
-- query_6d71dd9052
SELECT
  *
FROM query_37b44a1b51 AS "t1"
WHERE
  "t1"."is_purchase"
;
-- query_6e41315fff
SELECT
  "t1".*
  EXCLUDE ("customer_id_right")
FROM query_e550b2d6e3 AS "t1"
;
-- query_6f5d9a726d
SELECT
  "t1"."customer_id",
  "t1"."segment_id"
FROM query_9bd1f74daa AS "t1"
;
-- query_6f64c1b0cd
SELECT
  *
FROM query_b6f5b36c3b AS "t1"
;
-- query_748603bdd7
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  MIN(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "day",
  MAX(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "until",
  COUNT(IFF("t1"."is_purchase", 0, CAST(NULL AS TINYINT))) AS "lines",
  SUM("t1"."net") AS "net",
  SUM(IFF("t1"."is_purchase", "t1"."gross", CAST(NULL AS DECIMAL(0, 0)))) AS "gross",
  SUM(IFF("t1"."is_purchase", "t1"."discount", CAST(NULL AS DECIMAL(0, 0)))) AS "discount",
  SUM(IFF("t1"."is_purchase" AND (
    "t1"."discount" <= 0
  ), "t1"."gross", CAST(NULL AS DECIMAL(0, 0)))) AS "full_price",
  COUNT(IFF("t1"."is_purchase" AND "t1"."coupon_used", 0, CAST(NULL AS TINYINT))) > 0 AS "coupon"
FROM query_37b44a1b51 AS "t1"
GROUP BY
  0,
  0
;
-- query_762612739d
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."squared_distance",
  "t1"."cluster",
  CAST(CASE WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 ELSE 0 END AS BIGINT) AS "segment_id"
FROM query_f4d3471680 AS "t1"
;
-- query_7a2f5e0482
SELECT
  "t1"."customer_id",
  "t1"."day",
  "t1"."until",
  "t1"."lines",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."coupon",
  "t1"."day" - LAG("t1"."day") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."day" ASC) AS "gap"
FROM query_b67a3e34b2 AS "t1"
;
-- query_7a90c3a3a2
SELECT
  *
FROM query_5d7386c0b2 AS "t1"
WHERE
  "t1"."reason" IN ('', 'category_left_out') AND NOT "t1"."category" IS NULL
;
-- query_7b540c3564
SELECT
  *
FROM query_37b44a1b51 AS "t1"
;
-- query_7bd03a81aa
SELECT
  *
FROM query_e12a8b204d AS "t1"
WHERE
  "t1"."orders" > 0
;
-- query_7cba834d31
SELECT
  "t1"."segment_id",
  "t1"."category",
  SUM("t1"."net") AS "net"
FROM query_90e7c67d00 AS "t1"
GROUP BY
  0,
  0
;
-- query_7cc74ed4fb
SELECT
  "t1"."segment_id",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary"
FROM query_e1aa6d3a47 AS "t1"
;
-- query_7e33e7f607
SELECT
  "t1"."customer_id",
  "t1"."month",
  SUM("t1"."net") AS "net",
  SUM("t1"."buys") AS "buys"
FROM query_ddfea10b1e AS "t1"
GROUP BY
  0,
  0
;
-- query_7e83166b23
SELECT
  *
FROM query_1253633d1e AS "t1"
;
-- query_80048756c3
SELECT
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0",
  LEAST(
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    ),
    (
      (
        "t1"."axis_1" - 0
      ) * (
        "t1"."axis_1" - 0
      )
    ) + (
      (
        "t1"."axis_2" - 0
      ) * (
        "t1"."axis_2" - 0
      )
    ) + (
      (
        "t1"."axis_3" - 0
      ) * (
        "t1"."axis_3" - 0
      )
    )
  ) AS "inertia_0"
FROM query_a0a357938f AS "t1"
;
-- query_81c1cd491f
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  IFF(COALESCE("t1"."previous" < "t1"."first_period", TRUE), "t1"."orders", 0) AS "orders",
  IFF(COALESCE("t1"."previous_coupon" < "t1"."first_period", TRUE), "t1"."coupon_orders", 0) AS "coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  "t1"."window",
  "t1"."as_of",
  "t1"."first_period",
  "t1"."last_period",
  "t1"."recent",
  "t1"."earlier"
FROM query_bf3c6cb31b AS "t1"
;
-- query_8485d00073
SELECT
  "t1"."customer_id",
  "t1"."period",
  COUNT(*) AS "orders"
FROM query_3d6b77200d AS "t1"
GROUP BY
  0,
  0
;
-- query_85630283c2
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."squared_distance",
  "t1"."cluster",
  CAST(CASE WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 WHEN "t1"."cluster" = 0 THEN 0 ELSE 0 END AS BIGINT) AS "segment_id"
FROM query_cea01f6f4e AS "t1"
;
-- query_8646ed8c17
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  "t1"."squared_distance",
  CASE
    WHEN "t1"."distance_0" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_1" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_2" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    ELSE 0
  END AS "cluster"
FROM query_90340ba8ba AS "t1"
;
-- query_88466fbcd6
SELECT
  *
FROM query_8bcc463c0a AS "t1"
ORDER BY
  "t1"."sales" DESC NULLS LAST,
  "t1"."month" ASC
LIMIT 0
;
-- query_8951337484
SELECT
  "t1"."customer_id",
  "t1"."is_purchase",
  "t1"."orders",
  "t1"."day",
  "t1"."net"
FROM query_90f0ee5c9d AS "t1"
;
-- query_8aa7268e91
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."squared_distance",
  "t1"."segment_id",
  "t2"."median_recency_days_of_1",
  "t2"."median_recency_days_of_2",
  "t2"."median_recency_days_of_3",
  "t2"."median_frequency_of_1",
  "t2"."median_frequency_of_2",
  "t2"."median_frequency_of_3",
  "t2"."median_monetary_of_1",
  "t2"."median_monetary_of_2",
  "t2"."median_monetary_of_3",
  "t2"."median_avg_order_value_of_1",
  "t2"."median_avg_order_value_of_2",
  "t2"."median_avg_order_value_of_3",
  "t2"."median_tenure_days_of_1",
  "t2"."median_tenure_days_of_2",
  "t2"."median_tenure_days_of_3",
  "t2"."median_typical_gap_days_of_1",
  "t2"."median_typical_gap_days_of_2",
  "t2"."median_typical_gap_days_of_3",
  "t2"."median_lines_per_order_of_1",
  "t2"."median_lines_per_order_of_2",
  "t2"."median_lines_per_order_of_3",
  "t2"."median_category_count_of_1",
  "t2"."median_category_count_of_2",
  "t2"."median_category_count_of_3",
  "t2"."median_lines_of_1",
  "t2"."median_lines_of_2",
  "t2"."median_lines_of_3",
  "t2"."median_avg_line_value_of_1",
  "t2"."median_avg_line_value_of_2",
  "t2"."median_avg_line_value_of_3",
  "t2"."median_discount_share_of_1",
  "t2"."median_discount_share_of_2",
  "t2"."median_discount_share_of_3",
  "t2"."median_coupon_share_of_1",
  "t2"."median_coupon_share_of_2",
  "t2"."median_coupon_share_of_3",
  "t2"."median_full_price_share_of_1",
  "t2"."median_full_price_share_of_2",
  "t2"."median_full_price_share_of_3"
FROM query_e1aa6d3a47 AS "t1"
CROSS JOIN query_8d7e6da838 AS "t2"
;
-- query_8b5228fcf9
SELECT
  "t1"."transaction_id",
  "t1"."customer_id",
  SUM(IFF("t1"."bought", 0, 0)) AS "days",
  SUM("t1"."size") AS "size",
  SUM(IFF("t1"."day" IS NULL, "t1"."size", 0)) AS "blank_days",
  SUM("t1"."n_parts") AS "n_parts",
  SUM("t1"."n_several_net_sales_amount") AS "n_several_net_sales_amount",
  SUM("t1"."n_constant_net_sales_amount") AS "n_constant_net_sales_amount",
  SUM("t1"."n_first_net_sales_amount") AS "n_first_net_sales_amount",
  SUM("t1"."n_varied_net_sales_amount") AS "n_varied_net_sales_amount",
  SUM("t1"."n_sum_line_net_sales_amount") AS "n_sum_line_net_sales_amount",
  SUM("t1"."n_several_gross_sales_amount") AS "n_several_gross_sales_amount",
  SUM("t1"."n_constant_gross_sales_amount") AS "n_constant_gross_sales_amount",
  SUM("t1"."n_first_gross_sales_amount") AS "n_first_gross_sales_amount",
  SUM("t1"."n_varied_gross_sales_amount") AS "n_varied_gross_sales_amount",
  SUM("t1"."n_sum_line_gross_sales_amount") AS "n_sum_line_gross_sales_amount",
  SUM("t1"."n_several_discount_amount") AS "n_several_discount_amount",
  SUM("t1"."n_constant_discount_amount") AS "n_constant_discount_amount",
  SUM("t1"."n_first_discount_amount") AS "n_first_discount_amount",
  SUM("t1"."n_varied_discount_amount") AS "n_varied_discount_amount",
  SUM("t1"."n_sum_line_discount_amount") AS "n_sum_line_discount_amount",
  MAX("t1"."level_net_sales_amount") AS "level_net_sales_amount",
  MAX("t1"."level_gross_sales_amount") AS "level_gross_sales_amount",
  MAX("t1"."level_discount_amount") AS "level_discount_amount"
FROM query_0454c07628 AS "t1"
GROUP BY
  0,
  0
;
-- query_8bcc463c0a
SELECT
  "t1"."month",
  SUM("t1"."net") AS "sales"
FROM "t2" AS "t1"
GROUP BY
  0
;
-- query_8d6c8e09cb
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."axis_1",
  "t1"."axis_2",
  "t1"."axis_3",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_0",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_1",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_2",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_3"
FROM query_cee615de86 AS "t1"
;
-- query_8d7e6da838
SELECT
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_3"
FROM "t2" AS "t1"
;
-- query_8ef2111ef5
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_purchase",
  CAST(CASE
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    WHEN "t1"."day" < 0
    THEN 0
    ELSE 0
  END AS BIGINT) AS "period"
FROM query_20616a76dd AS "t1"
;
-- query_8ffea5b611
SELECT
  COUNT(*) AS "lines"
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES" AS "t1"
;
-- query_90340ba8ba
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  LEAST("t1"."distance_0", "t1"."distance_1", "t1"."distance_2", "t1"."distance_3") AS "squared_distance"
FROM query_6d53bca6aa AS "t1"
;
-- query_9098911db3
SELECT
  "t1"."customer_id",
  COUNT(IFF("t1"."lines" > 0, 0, CAST(NULL AS TINYINT))) AS "orders",
  SUM("t1"."lines") AS "lines",
  MIN("t1"."day") AS "first_day",
  MAX("t1"."until") AS "last_day",
  MEDIAN(CAST("t1"."gap" AS DOUBLE)) AS "median_gap",
  SUM("t1"."net") AS "net",
  COALESCE(SUM("t1"."gross"), CAST(0 AS DECIMAL(0, 0))) AS "gross",
  COALESCE(SUM("t1"."discount"), CAST(0 AS DECIMAL(0, 0))) AS "discount",
  COALESCE(SUM("t1"."full_price"), CAST(0 AS DECIMAL(0, 0))) AS "full_price",
  COUNT(IFF("t1"."coupon" AND (
    "t1"."lines" > 0
  ), 0, CAST(NULL AS TINYINT))) AS "coupon_orders"
FROM query_7a2f5e0482 AS "t1"
GROUP BY
  0
;
-- query_90a30ea0d4
SELECT
  "t1".*
  EXCLUDE ("cluster")
FROM query_125558327c AS "t1"
;
-- query_90e7c67d00
SELECT
  "t1"."customer_id",
  "t1"."category",
  "t1"."net",
  "t2"."segment_id"
FROM query_02a72aaea4 AS "t1"
INNER JOIN query_6f5d9a726d AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_90f0ee5c9d
SELECT
  "t1"."customer_id",
  "t1"."day",
  SUM("t1"."net") AS "net",
  CAST(MAX(IFF(COALESCE("t1"."is_purchase", FALSE), 0, 0)) AS BIGINT) AS "is_purchase",
  SUM(IFF(COALESCE("t1"."is_purchase", FALSE) AND (
    "t1"."transaction_id" IS NULL
  ), 0, 0)) + COUNT(DISTINCT IFF(COALESCE("t1"."is_purchase", FALSE), "t1"."transaction_id", NULL)) AS "orders"
FROM query_7b540c3564 AS "t1"
GROUP BY
  0,
  0
;
-- query_94b449e4dd
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."quantity",
  "t1"."no_discount",
  "t1"."percent_sign",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8",
  "t1"."net_sales_amount",
  "t1"."gross_sales_amount",
  "t1"."discount_amount",
  NOT (
    FALSE
  ) AS "is_item"
FROM query_debf5752b7 AS "t1"
;
-- query_955adbb5da
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."period",
  "t1"."lines",
  "t1"."coupons",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  IFF("t1"."lines" > 0, 0, 0) AS "orders",
  IFF("t1"."coupons" > 0, 0, 0) AS "coupon_orders",
  MAX(IFF("t1"."lines" > 0, "t1"."period", CAST(NULL AS BIGINT))) OVER (
    PARTITION BY "t1"."customer_id", "t1"."transaction_id"
    ORDER BY "t1"."period" ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND 0 preceding
  ) AS "previous",
  MAX(IFF("t1"."coupons" > 0, "t1"."period", CAST(NULL AS BIGINT))) OVER (
    PARTITION BY "t1"."customer_id", "t1"."transaction_id"
    ORDER BY "t1"."period" ASC
    ROWS BETWEEN UNBOUNDED PRECEDING AND 0 preceding
  ) AS "previous_coupon"
FROM query_23ae7ccc0a AS "t1"
;
-- query_97bdfdcafc
SELECT
  "t1"."segment_id",
  "t1"."month",
  "t1"."net",
  "t1"."customers",
  CAST("t1"."net" AS DOUBLE) AS "net_sales"
FROM query_ec7496f6a7 AS "t1"
;
-- query_9a1333f816
SELECT
  "t1"."category",
  "t1"."lines",
  "t1"."net",
  CAST("t1"."net" AS DOUBLE) AS "money"
FROM query_4a820ff920 AS "t1"
;
-- query_9bd1f74daa
SELECT
  "t1".*
  EXCLUDE ("cluster")
FROM query_15dfd1df04 AS "t1"
;
-- query_9c4a120d03
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  "t1"."squared_distance",
  CASE
    WHEN "t1"."distance_0" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_1" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_2" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    ELSE 0
  END AS "cluster"
FROM query_c1b98c3dab AS "t1"
;
-- query_9c9e0b8395
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."orders",
  MIN("t1"."period") OVER (PARTITION BY "t1"."customer_id" ORDER BY NULL ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "first"
FROM query_8485d00073 AS "t1"
;
-- query_9ebd02b295
SELECT
  (
    (
      DATE_PART(year, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0))) * 0
    ) + DATE_PART(month, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0)))
  ) - 0 AS "period",
  "t1"."net"
FROM query_37b44a1b51 AS "t1"
;
-- query_a0a357938f
SELECT
  (
    LN(IFF("t1"."recency_days" > 0, "t1"."recency_days", 0) + 0) - 0
  ) / 0 AS "axis_1",
  (
    LN(IFF("t1"."frequency" > 0, "t1"."frequency", 0) + 0) - 0
  ) / 0 AS "axis_2",
  (
    LN(IFF("t1"."monetary" > 0, "t1"."monetary", 0) + 0) - 0
  ) / 0 AS "axis_3"
FROM query_148d1a31b1 AS "t1"
;
-- query_a461518d0a
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."quantity",
  "t1"."no_discount",
  "t1"."percent_sign",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."net_sales_amount",
  "t1"."gross_sales_amount",
  "t1"."discount_amount",
  "t1"."is_item",
  "t1"."net_sales_amount" AS "net",
  "t1"."gross_sales_amount" AS "gross",
  IFF("t1"."no_discount", CAST(0 AS DECIMAL(0, 0)), "t1"."discount_amount") AS "discount"
FROM query_20c855fc32 AS "t1"
;
-- query_a55222be9a
SELECT
  *
FROM (VALUES
  ('C0000')) AS v("customer_id")
;
-- query_a5fc0deb96
SELECT
  'ranks' AS "part",
  CAST(NULL AS BIGINT) AS "segments__segment_id",
  CAST(NULL AS BIGINT) AS "segments__customers",
  CAST(NULL AS DOUBLE) AS "segments__net_sales",
  CAST(NULL AS DOUBLE) AS "segments__median_recency_days",
  CAST(NULL AS DOUBLE) AS "segments__median_frequency",
  CAST(NULL AS DOUBLE) AS "segments__median_monetary",
  CAST(NULL AS DOUBLE) AS "segments__median_avg_order_value",
  CAST(NULL AS DOUBLE) AS "segments__median_tenure_days",
  CAST(NULL AS DOUBLE) AS "segments__median_typical_gap_days",
  CAST(NULL AS DOUBLE) AS "segments__median_lines_per_order",
  CAST(NULL AS DOUBLE) AS "segments__median_category_count",
  CAST(NULL AS DOUBLE) AS "segments__median_lines",
  CAST(NULL AS DOUBLE) AS "segments__median_avg_line_value",
  CAST(NULL AS DOUBLE) AS "segments__median_discount_share",
  CAST(NULL AS DOUBLE) AS "segments__median_coupon_share",
  CAST(NULL AS DOUBLE) AS "segments__median_full_price_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_recency_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_frequency",
  CAST(NULL AS DOUBLE) AS "segments__mean_monetary",
  CAST(NULL AS DOUBLE) AS "segments__mean_avg_order_value",
  CAST(NULL AS DOUBLE) AS "segments__mean_tenure_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_typical_gap_days",
  CAST(NULL AS DOUBLE) AS "segments__mean_lines_per_order",
  CAST(NULL AS DOUBLE) AS "segments__mean_category_count",
  CAST(NULL AS DOUBLE) AS "segments__mean_lines",
  CAST(NULL AS DOUBLE) AS "segments__mean_avg_line_value",
  CAST(NULL AS DOUBLE) AS "segments__mean_discount_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_coupon_share",
  CAST(NULL AS DOUBLE) AS "segments__mean_full_price_share",
  CAST(NULL AS DOUBLE) AS "segments__single_order_share",
  "t1"."reorder_interval_days" AS "ranks__reorder_interval_days",
  "t1"."window_days" AS "ranks__window_days",
  "t1"."below_recency_days_1" AS "ranks__below_recency_days_1",
  "t1"."at_recency_days_1" AS "ranks__at_recency_days_1",
  "t1"."below_recency_days_2" AS "ranks__below_recency_days_2",
  "t1"."at_recency_days_2" AS "ranks__at_recency_days_2",
  "t1"."below_recency_days_3" AS "ranks__below_recency_days_3",
  "t1"."at_recency_days_3" AS "ranks__at_recency_days_3",
  "t1"."below_frequency_1" AS "ranks__below_frequency_1",
  "t1"."at_frequency_1" AS "ranks__at_frequency_1",
  "t1"."below_frequency_2" AS "ranks__below_frequency_2",
  "t1"."at_frequency_2" AS "ranks__at_frequency_2",
  "t1"."below_frequency_3" AS "ranks__below_frequency_3",
  "t1"."at_frequency_3" AS "ranks__at_frequency_3",
  "t1"."below_monetary_1" AS "ranks__below_monetary_1",
  "t1"."at_monetary_1" AS "ranks__at_monetary_1",
  "t1"."below_monetary_2" AS "ranks__below_monetary_2",
  "t1"."at_monetary_2" AS "ranks__at_monetary_2",
  "t1"."below_monetary_3" AS "ranks__below_monetary_3",
  "t1"."at_monetary_3" AS "ranks__at_monetary_3",
  "t1"."below_avg_order_value_1" AS "ranks__below_avg_order_value_1",
  "t1"."at_avg_order_value_1" AS "ranks__at_avg_order_value_1",
  "t1"."below_avg_order_value_2" AS "ranks__below_avg_order_value_2",
  "t1"."at_avg_order_value_2" AS "ranks__at_avg_order_value_2",
  "t1"."below_avg_order_value_3" AS "ranks__below_avg_order_value_3",
  "t1"."at_avg_order_value_3" AS "ranks__at_avg_order_value_3",
  "t1"."below_tenure_days_1" AS "ranks__below_tenure_days_1",
  "t1"."at_tenure_days_1" AS "ranks__at_tenure_days_1",
  "t1"."below_tenure_days_2" AS "ranks__below_tenure_days_2",
  "t1"."at_tenure_days_2" AS "ranks__at_tenure_days_2",
  "t1"."below_tenure_days_3" AS "ranks__below_tenure_days_3",
  "t1"."at_tenure_days_3" AS "ranks__at_tenure_days_3",
  "t1"."below_typical_gap_days_1" AS "ranks__below_typical_gap_days_1",
  "t1"."at_typical_gap_days_1" AS "ranks__at_typical_gap_days_1",
  "t1"."below_typical_gap_days_2" AS "ranks__below_typical_gap_days_2",
  "t1"."at_typical_gap_days_2" AS "ranks__at_typical_gap_days_2",
  "t1"."below_typical_gap_days_3" AS "ranks__below_typical_gap_days_3",
  "t1"."at_typical_gap_days_3" AS "ranks__at_typical_gap_days_3",
  "t1"."below_lines_per_order_1" AS "ranks__below_lines_per_order_1",
  "t1"."at_lines_per_order_1" AS "ranks__at_lines_per_order_1",
  "t1"."below_lines_per_order_2" AS "ranks__below_lines_per_order_2",
  "t1"."at_lines_per_order_2" AS "ranks__at_lines_per_order_2",
  "t1"."below_lines_per_order_3" AS "ranks__below_lines_per_order_3",
  "t1"."at_lines_per_order_3" AS "ranks__at_lines_per_order_3",
  "t1"."below_category_count_1" AS "ranks__below_category_count_1",
  "t1"."at_category_count_1" AS "ranks__at_category_count_1",
  "t1"."below_category_count_2" AS "ranks__below_category_count_2",
  "t1"."at_category_count_2" AS "ranks__at_category_count_2",
  "t1"."below_category_count_3" AS "ranks__below_category_count_3",
  "t1"."at_category_count_3" AS "ranks__at_category_count_3",
  "t1"."below_lines_1" AS "ranks__below_lines_1",
  "t1"."at_lines_1" AS "ranks__at_lines_1",
  "t1"."below_lines_2" AS "ranks__below_lines_2",
  "t1"."at_lines_2" AS "ranks__at_lines_2",
  "t1"."below_lines_3" AS "ranks__below_lines_3",
  "t1"."at_lines_3" AS "ranks__at_lines_3",
  "t1"."below_avg_line_value_1" AS "ranks__below_avg_line_value_1",
  "t1"."at_avg_line_value_1" AS "ranks__at_avg_line_value_1",
  "t1"."below_avg_line_value_2" AS "ranks__below_avg_line_value_2",
  "t1"."at_avg_line_value_2" AS "ranks__at_avg_line_value_2",
  "t1"."below_avg_line_value_3" AS "ranks__below_avg_line_value_3",
  "t1"."at_avg_line_value_3" AS "ranks__at_avg_line_value_3",
  "t1"."below_discount_share_1" AS "ranks__below_discount_share_1",
  "t1"."at_discount_share_1" AS "ranks__at_discount_share_1",
  "t1"."below_discount_share_2" AS "ranks__below_discount_share_2",
  "t1"."at_discount_share_2" AS "ranks__at_discount_share_2",
  "t1"."below_discount_share_3" AS "ranks__below_discount_share_3",
  "t1"."at_discount_share_3" AS "ranks__at_discount_share_3",
  "t1"."below_coupon_share_1" AS "ranks__below_coupon_share_1",
  "t1"."at_coupon_share_1" AS "ranks__at_coupon_share_1",
  "t1"."below_coupon_share_2" AS "ranks__below_coupon_share_2",
  "t1"."at_coupon_share_2" AS "ranks__at_coupon_share_2",
  "t1"."below_coupon_share_3" AS "ranks__below_coupon_share_3",
  "t1"."at_coupon_share_3" AS "ranks__at_coupon_share_3",
  "t1"."below_full_price_share_1" AS "ranks__below_full_price_share_1",
  "t1"."at_full_price_share_1" AS "ranks__at_full_price_share_1",
  "t1"."below_full_price_share_2" AS "ranks__below_full_price_share_2",
  "t1"."at_full_price_share_2" AS "ranks__at_full_price_share_2",
  "t1"."below_full_price_share_3" AS "ranks__below_full_price_share_3",
  "t1"."at_full_price_share_3" AS "ranks__at_full_price_share_3"
FROM query_c7153fe94a AS "t1"
;
-- query_a814aa58eb
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  SUM("t1"."orders") AS "orders",
  SUM("t1"."coupon_orders") AS "coupon_orders",
  SUM("t1"."lines") AS "lines",
  MIN("t1"."first_day") AS "first_day",
  MAX("t1"."last_day") AS "last_day",
  SUM("t1"."net") AS "net",
  SUM("t1"."gross") AS "gross",
  SUM("t1"."discount") AS "discount",
  SUM("t1"."full_price") AS "full_price",
  SUM("t1"."bought") AS "bought",
  SUM("t1"."weekend") AS "weekend"
FROM query_048826cb58 AS "t1"
GROUP BY
  0,
  0,
  0,
  0
;
-- query_adaf039224
SELECT
  "t1".*
  EXCLUDE ("axis_1", "axis_2", "axis_3")
FROM query_b11a829139 AS "t1"
;
-- query_b03b0f8347
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  SUM("t1"."orders") AS "orders",
  SUM("t1"."coupon_orders") AS "coupon_orders",
  SUM("t1"."lines") AS "lines",
  MIN("t1"."first_day") AS "first_day",
  MAX("t1"."last_day") AS "last_day",
  SUM("t1"."net") AS "net",
  SUM("t1"."gross") AS "gross",
  SUM("t1"."discount") AS "discount",
  SUM("t1"."full_price") AS "full_price",
  SUM("t1"."bought") AS "bought",
  SUM("t1"."weekend") AS "weekend",
  SUM(IFF("t1"."period" >= "t1"."recent", "t1"."bought", NULL)) AS "recent",
  SUM(
    IFF((
      "t1"."period" >= "t1"."earlier"
    ) AND NOT (
      "t1"."period" >= "t1"."recent"
    ), "t1"."bought", NULL)
  ) AS "earlier"
FROM query_81c1cd491f AS "t1"
GROUP BY
  0,
  0,
  0
;
-- query_b11a829139
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."axis_1",
  "t1"."axis_2",
  "t1"."axis_3",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_0",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_1",
  (
    (
      "t1"."axis_1" - 0
    ) * (
      "t1"."axis_1" - 0
    )
  ) + (
    (
      "t1"."axis_2" - 0
    ) * (
      "t1"."axis_2" - 0
    )
  ) + (
    (
      "t1"."axis_3" - 0
    ) * (
      "t1"."axis_3" - 0
    )
  ) AS "distance_2"
FROM query_c04eea46eb AS "t1"
;
-- query_b12bbab4d7
SELECT
  "t1"."reason",
  "t1"."source_0",
  "t1"."source_1",
  "t1"."source_2",
  "t1"."source_3",
  "t1"."source_4",
  "t1"."source_5",
  "t1"."source_6",
  "t1"."source_7",
  "t1"."source_8"
FROM query_3ce2595c6d AS "t1"
;
-- query_b1f2cd0f58
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."net",
  "t1"."last_day",
  "t1"."segment_id",
  "t1"."segment_old_model",
  LAG("t1"."window") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_window",
  LAG("t1"."segment_id") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_segment",
  LAG("t1"."net") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_net",
  LAG("t1"."as_of") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "previous_as_of",
  LEAD("t1"."window") OVER (PARTITION BY "t1"."customer_id" ORDER BY "t1"."window" ASC) AS "next_window"
FROM query_6bb88f8e56 AS "t1"
;
-- query_b39a000680
SELECT
  "t1"."window",
  "t1"."net",
  "t1"."segment_old_model",
  "t1"."segment_id" AS "segment_now",
  IFF(COALESCE("t1"."previous_window" = (
    "t1"."window" - 0
  ), FALSE), "t1"."previous_segment", 0) AS "segment_before",
  IFF(
    COALESCE("t1"."previous_window" = (
      "t1"."window" - 0
    ), FALSE),
    "t1"."previous_net",
    CAST(NULL AS DECIMAL(0, 0))
  ) AS "previous_net",
  IFF(
    COALESCE("t1"."previous_window" = (
      "t1"."window" - 0
    ), FALSE)
    AND (
      "t1"."last_day" >= "t1"."previous_as_of"
    ),
    0,
    0
  ) AS "bought_since",
  IFF(COALESCE("t1"."next_window" = (
    "t1"."window" + 0
  ), FALSE), 0, 0) AS "is_lost"
FROM query_50e55c2ae3 AS "t1"
;
-- query_b67a3e34b2
SELECT
  "t1".*
  EXCLUDE ("transaction_id")
FROM query_748603bdd7 AS "t1"
;
-- query_b6f5b36c3b
SELECT
  CASE
    WHEN "t1"."CUSTOMER_ID" >= '!'
    THEN "t1"."CUSTOMER_ID"
    WHEN TRIM("t1"."CUSTOMER_ID", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."CUSTOMER_ID"
  END AS "customer_id",
  CASE
    WHEN "t1"."TRANSACTION_ID" >= '!'
    THEN "t1"."TRANSACTION_ID"
    WHEN TRIM("t1"."TRANSACTION_ID", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."TRANSACTION_ID"
  END AS "transaction_id",
  DATEDIFF(DAY, DATE_FROM_PARTS(0, 0, 0), TO_DATE("t1"."TRANSACTION_DATE")) AS "day",
  CAST("t1"."QUANTITY" AS DOUBLE) AS "quantity",
  IFF("t1"."DISCOUNT_AMOUNT" = CAST('NaN' AS DOUBLE), CAST(NULL AS DOUBLE), "t1"."DISCOUNT_AMOUNT") IS NULL AS "no_discount",
  FALSE AS "percent_sign",
  COALESCE(
    LOWER(TRIM("t1"."COUPON_STATUS", ' \t\n\r\x0b\f')) IN (
      '1',
      '1.0',
      'ano',
      'da',
      'evet',
      'igen',
      'j',
      'ja',
      'kyllä',
      'on',
      'oui',
      'prawda',
      'redeemed',
      'sand',
      'sant',
      'si',
      'sim',
      'sì',
      'sí',
      't',
      'tak',
      'tosi',
      'true',
      'used',
      'verdadeiro',
      'verdadero',
      'vero',
      'vrai',
      'waar',
      'wahr',
      'y',
      'yes',
      'áno',
      'ναι',
      'はい',
      '是'
    ),
    FALSE
  ) AS "coupon_used",
  CASE
    WHEN "t1"."PRODUCT_CATEGORY" >= '!'
    THEN "t1"."PRODUCT_CATEGORY"
    WHEN TRIM("t1"."PRODUCT_CATEGORY", ' \t\n\r\x0b\f') = ''
    THEN CAST(NULL AS VARCHAR)
    ELSE "t1"."PRODUCT_CATEGORY"
  END AS "category",
  (
    "t1"."CUSTOMER_ID" IS NULL
  )
  AND (
    "t1"."TRANSACTION_ID" IS NULL
  )
  AND (
    "t1"."TRANSACTION_DATE" IS NULL
  )
  AND (
    "t1"."NET_SALES_AMOUNT" IS NULL
  )
  AND (
    "t1"."GROSS_SALES_AMOUNT" IS NULL
  )
  AND (
    "t1"."DISCOUNT_AMOUNT" IS NULL
  )
  AND (
    "t1"."QUANTITY" IS NULL
  )
  AND (
    "t1"."PRODUCT_CATEGORY" IS NULL
  )
  AND (
    "t1"."COUPON_STATUS" IS NULL
  ) AS "broken",
  0 AS "copy",
  CAST(IFF(ABS("t1"."NET_SALES_AMOUNT") < 0, "t1"."NET_SALES_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "net_sales_amount",
  CAST(IFF(ABS("t1"."GROSS_SALES_AMOUNT") < 0, "t1"."GROSS_SALES_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "gross_sales_amount",
  CAST(IFF(ABS("t1"."DISCOUNT_AMOUNT") < 0, "t1"."DISCOUNT_AMOUNT", CAST(NULL AS DOUBLE)) AS DECIMAL(0, 0)) AS "discount_amount"
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES" AS "t1"
;
-- query_b7efa78862
SELECT
  COUNT(*) AS "n_lines",
  SUM("t1"."n_total_categories") AS "n_total_categories",
  SUM("t1"."n_labels_transaction_id") AS "n_labels_transaction_id",
  SUM("t1"."n_labels_customer_id") AS "n_labels_customer_id",
  SUM("t1"."n_labels_category") AS "n_labels_category",
  SUM("t1"."n_rounded_ids") AS "n_rounded_ids",
  SUM("t1"."n_unclean_ids") AS "n_unclean_ids",
  SUM("t1"."n_discounts") AS "n_discounts",
  SUM("t1"."n_below_zero") AS "n_below_zero",
  SUM("t1"."n_rates") AS "n_rates",
  SUM("t1"."n_percents") AS "n_percents",
  SUM("t1"."n_signs") AS "n_signs",
  SUM("t1"."n_as_amount") AS "n_as_amount",
  SUM("t1"."n_as_negative") AS "n_as_negative",
  SUM("t1"."n_as_rate") AS "n_as_rate",
  SUM("t1"."n_as_percent") AS "n_as_percent",
  SUM("t1"."n_too_large") AS "n_too_large",
  SUM("t1"."n_plausible_money") AS "n_plausible_money",
  COUNT(DISTINCT "t1"."discount_amount") AS "n_discount_levels"
FROM query_37a5877e87 AS "t1"
;
-- query_ba256385b9
SELECT
  *
FROM "t1" AS "t2"
WHERE
  NOT "t2"."transaction_id" IS NULL
;
-- query_bae16b9306
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  "t1"."orders",
  "t1"."coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  COALESCE("t1"."gross", CAST(0 AS DECIMAL(0, 0))) AS "gross",
  COALESCE("t1"."discount", CAST(0 AS DECIMAL(0, 0))) AS "discount",
  COALESCE("t1"."full_price", CAST(0 AS DECIMAL(0, 0))) AS "full_price",
  "t1"."bought",
  "t1"."weekend",
  "t1"."recent",
  "t1"."earlier"
FROM query_ee32ade84f AS "t1"
;
-- query_bd5d113b26
SELECT
  "t1"."transaction_id",
  SUM("t1"."n") AS "n",
  SUM("t1"."copies") AS "copies",
  SUM("t1"."order") AS "customers",
  SUM("t1"."long") AS "long",
  SUM("t1"."several") AS "several",
  SUM("t1"."constant") AS "constant",
  MAX("t1"."level") AS "level",
  MIN("t1"."low") AS "low",
  MAX("t1"."high") AS "high"
FROM query_53c89eb59d AS "t1"
GROUP BY
  0
;
-- query_be3abb6e73
SELECT
  *
FROM query_3a73f6e10b AS "t1"
WHERE
  "t1"."orders" > 0
;
-- query_becbc999fa
SELECT
  "t1"."transaction_id",
  SUM(IFF(NOT "t1"."customer_id" IS NULL, 0, 0)) AS "customers",
  SUM(IFF((
    NOT "t1"."customer_id" IS NULL
  ) AND (
    "t1"."days" > 0
  ), 0, 0)) AS "pairs_on_days",
  SUM("t1"."size") AS "size",
  SUM(IFF(NOT "t1"."customer_id" IS NULL, "t1"."size", 0)) AS "with_customer",
  SUM("t1"."size" - "t1"."blank_days") AS "with_day",
  SUM("t1"."n_parts") AS "n_parts",
  SUM("t1"."n_several_net_sales_amount") AS "n_several_net_sales_amount",
  SUM("t1"."n_constant_net_sales_amount") AS "n_constant_net_sales_amount",
  SUM("t1"."n_first_net_sales_amount") AS "n_first_net_sales_amount",
  SUM("t1"."n_varied_net_sales_amount") AS "n_varied_net_sales_amount",
  SUM("t1"."n_sum_line_net_sales_amount") AS "n_sum_line_net_sales_amount",
  SUM("t1"."n_several_gross_sales_amount") AS "n_several_gross_sales_amount",
  SUM("t1"."n_constant_gross_sales_amount") AS "n_constant_gross_sales_amount",
  SUM("t1"."n_first_gross_sales_amount") AS "n_first_gross_sales_amount",
  SUM("t1"."n_varied_gross_sales_amount") AS "n_varied_gross_sales_amount",
  SUM("t1"."n_sum_line_gross_sales_amount") AS "n_sum_line_gross_sales_amount",
  SUM("t1"."n_several_discount_amount") AS "n_several_discount_amount",
  SUM("t1"."n_constant_discount_amount") AS "n_constant_discount_amount",
  SUM("t1"."n_first_discount_amount") AS "n_first_discount_amount",
  SUM("t1"."n_varied_discount_amount") AS "n_varied_discount_amount",
  SUM("t1"."n_sum_line_discount_amount") AS "n_sum_line_discount_amount",
  MAX("t1"."level_net_sales_amount") AS "level_net_sales_amount",
  MAX("t1"."level_gross_sales_amount") AS "level_gross_sales_amount",
  MAX("t1"."level_discount_amount") AS "level_discount_amount"
FROM query_8b5228fcf9 AS "t1"
GROUP BY
  0
;
-- query_bf3c6cb31b
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  "t1"."orders",
  "t1"."coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  "t2"."window",
  "t2"."as_of",
  "t2"."first_period",
  "t2"."last_period",
  "t2"."recent",
  "t2"."earlier"
FROM query_a814aa58eb AS "t1"
INNER JOIN "feature_windows" AS "t2"
  ON "t1"."period" >= "t2"."first_period" AND "t1"."period" <= "t2"."last_period"
;
-- query_bf971dd357
SELECT
  "t1"."period",
  SUM("t1"."net") AS "net"
FROM query_9ebd02b295 AS "t1"
GROUP BY
  0
;
-- query_c04eea46eb
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  (
    LN(IFF("t1"."recency_days" > 0, "t1"."recency_days", 0) + 0) - 0
  ) / 0 AS "axis_1",
  (
    LN(IFF("t1"."frequency" > 0, "t1"."frequency", 0) + 0) - 0
  ) / 0 AS "axis_2",
  (
    LN(IFF("t1"."monetary" > 0, "t1"."monetary", 0) + 0) - 0
  ) / 0 AS "axis_3"
FROM query_148d1a31b1 AS "t1"
;
-- query_c19d954b4e
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  CAST("t1"."as_of" - "t1"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t1"."orders" AS DOUBLE) AS "frequency",
  CAST("t1"."net" AS DOUBLE) AS "monetary"
FROM query_be3abb6e73 AS "t1"
;
-- query_c1b98c3dab
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  LEAST("t1"."distance_0", "t1"."distance_1", "t1"."distance_2", "t1"."distance_3") AS "squared_distance"
FROM query_25d1cf0382 AS "t1"
;
-- query_c64058a77b
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."broken",
  "t1"."copy",
  "t1"."quantity",
  "t1"."is_item",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."net")
  ), "t1"."net") AS "net",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."gross")
  ), "t1"."gross") AS "gross",
  IFF(COALESCE("t1"."quantity" < 0, FALSE), -(
    ABS("t1"."discount")
  ), "t1"."discount") AS "discount",
  COALESCE("t1"."quantity" < 0, FALSE) AS "is_return"
FROM query_a461518d0a AS "t1"
;
-- query_c7153fe94a
SELECT
  MEDIAN(
    IFF("t1"."frequency" >= 0, (
      "t1"."tenure_days" - "t1"."recency_days"
    ) / NULLIF("t1"."frequency" - 0, 0), NULL)
  ) AS "reorder_interval_days",
  MAX("t1"."tenure_days") AS "window_days",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_1", 0, 0)) AS "below_recency_days_1",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_1", 0, 0)) AS "at_recency_days_1",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_2", 0, 0)) AS "below_recency_days_2",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_2", 0, 0)) AS "at_recency_days_2",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_3", 0, 0)) AS "below_recency_days_3",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_3", 0, 0)) AS "at_recency_days_3",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_1", 0, 0)) AS "below_frequency_1",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_1", 0, 0)) AS "at_frequency_1",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_2", 0, 0)) AS "below_frequency_2",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_2", 0, 0)) AS "at_frequency_2",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_3", 0, 0)) AS "below_frequency_3",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_3", 0, 0)) AS "at_frequency_3",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_1", 0, 0)) AS "below_monetary_1",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_1", 0, 0)) AS "at_monetary_1",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_2", 0, 0)) AS "below_monetary_2",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_2", 0, 0)) AS "at_monetary_2",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_3", 0, 0)) AS "below_monetary_3",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_3", 0, 0)) AS "at_monetary_3",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_1", 0, 0)) AS "below_avg_order_value_1",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_1", 0, 0)) AS "at_avg_order_value_1",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_2", 0, 0)) AS "below_avg_order_value_2",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_2", 0, 0)) AS "at_avg_order_value_2",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_3", 0, 0)) AS "below_avg_order_value_3",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_3", 0, 0)) AS "at_avg_order_value_3",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_1", 0, 0)) AS "below_tenure_days_1",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_1", 0, 0)) AS "at_tenure_days_1",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_2", 0, 0)) AS "below_tenure_days_2",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_2", 0, 0)) AS "at_tenure_days_2",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_3", 0, 0)) AS "below_tenure_days_3",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_3", 0, 0)) AS "at_tenure_days_3",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_1", 0, 0)) AS "below_typical_gap_days_1",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_1", 0, 0)) AS "at_typical_gap_days_1",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_2", 0, 0)) AS "below_typical_gap_days_2",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_2", 0, 0)) AS "at_typical_gap_days_2",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_3", 0, 0)) AS "below_typical_gap_days_3",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_3", 0, 0)) AS "at_typical_gap_days_3",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_1", 0, 0)) AS "below_lines_per_order_1",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_1", 0, 0)) AS "at_lines_per_order_1",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_2", 0, 0)) AS "below_lines_per_order_2",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_2", 0, 0)) AS "at_lines_per_order_2",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_3", 0, 0)) AS "below_lines_per_order_3",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_3", 0, 0)) AS "at_lines_per_order_3",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_1", 0, 0)) AS "below_category_count_1",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_1", 0, 0)) AS "at_category_count_1",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_2", 0, 0)) AS "below_category_count_2",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_2", 0, 0)) AS "at_category_count_2",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_3", 0, 0)) AS "below_category_count_3",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_3", 0, 0)) AS "at_category_count_3",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_1", 0, 0)) AS "below_lines_1",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_1", 0, 0)) AS "at_lines_1",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_2", 0, 0)) AS "below_lines_2",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_2", 0, 0)) AS "at_lines_2",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_3", 0, 0)) AS "below_lines_3",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_3", 0, 0)) AS "at_lines_3",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_1", 0, 0)) AS "below_avg_line_value_1",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_1", 0, 0)) AS "at_avg_line_value_1",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_2", 0, 0)) AS "below_avg_line_value_2",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_2", 0, 0)) AS "at_avg_line_value_2",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_3", 0, 0)) AS "below_avg_line_value_3",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_3", 0, 0)) AS "at_avg_line_value_3",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_1", 0, 0)) AS "below_discount_share_1",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_1", 0, 0)) AS "at_discount_share_1",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_2", 0, 0)) AS "below_discount_share_2",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_2", 0, 0)) AS "at_discount_share_2",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_3", 0, 0)) AS "below_discount_share_3",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_3", 0, 0)) AS "at_discount_share_3",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_1", 0, 0)) AS "below_coupon_share_1",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_1", 0, 0)) AS "at_coupon_share_1",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_2", 0, 0)) AS "below_coupon_share_2",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_2", 0, 0)) AS "at_coupon_share_2",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_3", 0, 0)) AS "below_coupon_share_3",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_3", 0, 0)) AS "at_coupon_share_3",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_1", 0, 0)) AS "below_full_price_share_1",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_1", 0, 0)) AS "at_full_price_share_1",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_2", 0, 0)) AS "below_full_price_share_2",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_2", 0, 0)) AS "at_full_price_share_2",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_3", 0, 0)) AS "below_full_price_share_3",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_3", 0, 0)) AS "at_full_price_share_3"
FROM query_8aa7268e91 AS "t1"
;
-- query_c98be39980
SELECT
  MEDIAN(
    IFF("t1"."frequency" >= 0, (
      "t1"."tenure_days" - "t1"."recency_days"
    ) / NULLIF("t1"."frequency" - 0, 0), NULL)
  ) AS "reorder_interval_days",
  MAX("t1"."tenure_days") AS "window_days",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_1", 0, 0)) AS "below_recency_days_1",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_1", 0, 0)) AS "at_recency_days_1",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_2", 0, 0)) AS "below_recency_days_2",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_2", 0, 0)) AS "at_recency_days_2",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_3", 0, 0)) AS "below_recency_days_3",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_3", 0, 0)) AS "at_recency_days_3",
  SUM(IFF("t1"."recency_days" < "t1"."median_recency_days_of_4", 0, 0)) AS "below_recency_days_4",
  SUM(IFF("t1"."recency_days" = "t1"."median_recency_days_of_4", 0, 0)) AS "at_recency_days_4",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_1", 0, 0)) AS "below_frequency_1",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_1", 0, 0)) AS "at_frequency_1",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_2", 0, 0)) AS "below_frequency_2",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_2", 0, 0)) AS "at_frequency_2",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_3", 0, 0)) AS "below_frequency_3",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_3", 0, 0)) AS "at_frequency_3",
  SUM(IFF("t1"."frequency" < "t1"."median_frequency_of_4", 0, 0)) AS "below_frequency_4",
  SUM(IFF("t1"."frequency" = "t1"."median_frequency_of_4", 0, 0)) AS "at_frequency_4",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_1", 0, 0)) AS "below_monetary_1",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_1", 0, 0)) AS "at_monetary_1",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_2", 0, 0)) AS "below_monetary_2",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_2", 0, 0)) AS "at_monetary_2",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_3", 0, 0)) AS "below_monetary_3",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_3", 0, 0)) AS "at_monetary_3",
  SUM(IFF("t1"."monetary" < "t1"."median_monetary_of_4", 0, 0)) AS "below_monetary_4",
  SUM(IFF("t1"."monetary" = "t1"."median_monetary_of_4", 0, 0)) AS "at_monetary_4",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_1", 0, 0)) AS "below_avg_order_value_1",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_1", 0, 0)) AS "at_avg_order_value_1",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_2", 0, 0)) AS "below_avg_order_value_2",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_2", 0, 0)) AS "at_avg_order_value_2",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_3", 0, 0)) AS "below_avg_order_value_3",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_3", 0, 0)) AS "at_avg_order_value_3",
  SUM(IFF("t1"."avg_order_value" < "t1"."median_avg_order_value_of_4", 0, 0)) AS "below_avg_order_value_4",
  SUM(IFF("t1"."avg_order_value" = "t1"."median_avg_order_value_of_4", 0, 0)) AS "at_avg_order_value_4",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_1", 0, 0)) AS "below_tenure_days_1",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_1", 0, 0)) AS "at_tenure_days_1",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_2", 0, 0)) AS "below_tenure_days_2",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_2", 0, 0)) AS "at_tenure_days_2",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_3", 0, 0)) AS "below_tenure_days_3",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_3", 0, 0)) AS "at_tenure_days_3",
  SUM(IFF("t1"."tenure_days" < "t1"."median_tenure_days_of_4", 0, 0)) AS "below_tenure_days_4",
  SUM(IFF("t1"."tenure_days" = "t1"."median_tenure_days_of_4", 0, 0)) AS "at_tenure_days_4",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_1", 0, 0)) AS "below_typical_gap_days_1",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_1", 0, 0)) AS "at_typical_gap_days_1",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_2", 0, 0)) AS "below_typical_gap_days_2",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_2", 0, 0)) AS "at_typical_gap_days_2",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_3", 0, 0)) AS "below_typical_gap_days_3",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_3", 0, 0)) AS "at_typical_gap_days_3",
  SUM(IFF("t1"."typical_gap_days" < "t1"."median_typical_gap_days_of_4", 0, 0)) AS "below_typical_gap_days_4",
  SUM(IFF("t1"."typical_gap_days" = "t1"."median_typical_gap_days_of_4", 0, 0)) AS "at_typical_gap_days_4",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_1", 0, 0)) AS "below_lines_per_order_1",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_1", 0, 0)) AS "at_lines_per_order_1",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_2", 0, 0)) AS "below_lines_per_order_2",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_2", 0, 0)) AS "at_lines_per_order_2",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_3", 0, 0)) AS "below_lines_per_order_3",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_3", 0, 0)) AS "at_lines_per_order_3",
  SUM(IFF("t1"."lines_per_order" < "t1"."median_lines_per_order_of_4", 0, 0)) AS "below_lines_per_order_4",
  SUM(IFF("t1"."lines_per_order" = "t1"."median_lines_per_order_of_4", 0, 0)) AS "at_lines_per_order_4",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_1", 0, 0)) AS "below_category_count_1",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_1", 0, 0)) AS "at_category_count_1",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_2", 0, 0)) AS "below_category_count_2",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_2", 0, 0)) AS "at_category_count_2",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_3", 0, 0)) AS "below_category_count_3",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_3", 0, 0)) AS "at_category_count_3",
  SUM(IFF("t1"."category_count" < "t1"."median_category_count_of_4", 0, 0)) AS "below_category_count_4",
  SUM(IFF("t1"."category_count" = "t1"."median_category_count_of_4", 0, 0)) AS "at_category_count_4",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_1", 0, 0)) AS "below_lines_1",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_1", 0, 0)) AS "at_lines_1",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_2", 0, 0)) AS "below_lines_2",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_2", 0, 0)) AS "at_lines_2",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_3", 0, 0)) AS "below_lines_3",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_3", 0, 0)) AS "at_lines_3",
  SUM(IFF("t1"."lines" < "t1"."median_lines_of_4", 0, 0)) AS "below_lines_4",
  SUM(IFF("t1"."lines" = "t1"."median_lines_of_4", 0, 0)) AS "at_lines_4",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_1", 0, 0)) AS "below_avg_line_value_1",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_1", 0, 0)) AS "at_avg_line_value_1",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_2", 0, 0)) AS "below_avg_line_value_2",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_2", 0, 0)) AS "at_avg_line_value_2",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_3", 0, 0)) AS "below_avg_line_value_3",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_3", 0, 0)) AS "at_avg_line_value_3",
  SUM(IFF("t1"."avg_line_value" < "t1"."median_avg_line_value_of_4", 0, 0)) AS "below_avg_line_value_4",
  SUM(IFF("t1"."avg_line_value" = "t1"."median_avg_line_value_of_4", 0, 0)) AS "at_avg_line_value_4",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_1", 0, 0)) AS "below_discount_share_1",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_1", 0, 0)) AS "at_discount_share_1",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_2", 0, 0)) AS "below_discount_share_2",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_2", 0, 0)) AS "at_discount_share_2",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_3", 0, 0)) AS "below_discount_share_3",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_3", 0, 0)) AS "at_discount_share_3",
  SUM(IFF("t1"."discount_share" < "t1"."median_discount_share_of_4", 0, 0)) AS "below_discount_share_4",
  SUM(IFF("t1"."discount_share" = "t1"."median_discount_share_of_4", 0, 0)) AS "at_discount_share_4",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_1", 0, 0)) AS "below_coupon_share_1",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_1", 0, 0)) AS "at_coupon_share_1",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_2", 0, 0)) AS "below_coupon_share_2",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_2", 0, 0)) AS "at_coupon_share_2",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_3", 0, 0)) AS "below_coupon_share_3",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_3", 0, 0)) AS "at_coupon_share_3",
  SUM(IFF("t1"."coupon_share" < "t1"."median_coupon_share_of_4", 0, 0)) AS "below_coupon_share_4",
  SUM(IFF("t1"."coupon_share" = "t1"."median_coupon_share_of_4", 0, 0)) AS "at_coupon_share_4",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_1", 0, 0)) AS "below_full_price_share_1",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_1", 0, 0)) AS "at_full_price_share_1",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_2", 0, 0)) AS "below_full_price_share_2",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_2", 0, 0)) AS "at_full_price_share_2",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_3", 0, 0)) AS "below_full_price_share_3",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_3", 0, 0)) AS "at_full_price_share_3",
  SUM(IFF("t1"."full_price_share" < "t1"."median_full_price_share_of_4", 0, 0)) AS "below_full_price_share_4",
  SUM(IFF("t1"."full_price_share" = "t1"."median_full_price_share_of_4", 0, 0)) AS "at_full_price_share_4"
FROM query_d2699f5ad2 AS "t1"
;
-- query_ccccb346a4
SELECT
  "t1"."customer_id",
  "t1"."category",
  SUM("t1"."net") AS "net"
FROM query_f5ddd85058 AS "t1"
GROUP BY
  0,
  0
;
-- query_cd781348fe
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  IFF(COALESCE("t1"."previous" < "t1"."first_period", TRUE), "t1"."orders", 0) AS "orders",
  IFF(COALESCE("t1"."previous_coupon" < "t1"."first_period", TRUE), "t1"."coupon_orders", 0) AS "coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  "t1"."window",
  "t1"."as_of",
  "t1"."first_period",
  "t1"."last_period",
  "t1"."recent",
  "t1"."earlier"
FROM query_ee5290efb7 AS "t1"
;
-- query_ce1c2d8f5a
SELECT
  "t1"."transaction_id",
  "t1"."customer_id",
  SUM("t1"."n") AS "n",
  SUM("t1"."n") - COUNT(*) AS "copies",
  SUM(IFF("t1"."is_purchase", "t1"."n", 0)) AS "bought",
  MIN(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "first",
  MAX(IFF("t1"."is_purchase", "t1"."day", CAST(NULL AS BIGINT))) AS "last",
  MIN(IFF("t1"."is_purchase", "t1"."net", CAST(NULL AS DECIMAL(0, 0)))) AS "low",
  MAX(IFF("t1"."is_purchase", "t1"."net", CAST(NULL AS DECIMAL(0, 0)))) AS "high"
FROM query_e0154ea3c2 AS "t1"
GROUP BY
  0,
  0
;
-- query_cea01f6f4e
SELECT
  "t1".*
  EXCLUDE ("distance_0", "distance_1", "distance_2", "distance_3")
FROM query_8646ed8c17 AS "t1"
;
-- query_cee615de86
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  (
    LN(IFF("t1"."recency_days" > 0, "t1"."recency_days", 0) + 0) - 0
  ) / 0 AS "axis_1",
  (
    LN(IFF("t1"."frequency" > 0, "t1"."frequency", 0) + 0) - 0
  ) / 0 AS "axis_2",
  (
    LN(IFF("t1"."monetary" > 0, "t1"."monetary", 0) + 0) - 0
  ) / 0 AS "axis_3"
FROM query_c19d954b4e AS "t1"
;
-- query_d04de0a6f8
SELECT DISTINCT
  *
FROM query_ea13bb2d94 AS "t1"
;
-- query_d0c42d8a02
SELECT
  "t1"."day",
  COUNT(*) AS "orders"
FROM query_69464b537c AS "t1"
GROUP BY
  0
;
-- query_d2699f5ad2
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."squared_distance",
  "t1"."segment_id",
  "t2"."median_recency_days_of_1",
  "t2"."median_recency_days_of_2",
  "t2"."median_recency_days_of_3",
  "t2"."median_recency_days_of_4",
  "t2"."median_frequency_of_1",
  "t2"."median_frequency_of_2",
  "t2"."median_frequency_of_3",
  "t2"."median_frequency_of_4",
  "t2"."median_monetary_of_1",
  "t2"."median_monetary_of_2",
  "t2"."median_monetary_of_3",
  "t2"."median_monetary_of_4",
  "t2"."median_avg_order_value_of_1",
  "t2"."median_avg_order_value_of_2",
  "t2"."median_avg_order_value_of_3",
  "t2"."median_avg_order_value_of_4",
  "t2"."median_tenure_days_of_1",
  "t2"."median_tenure_days_of_2",
  "t2"."median_tenure_days_of_3",
  "t2"."median_tenure_days_of_4",
  "t2"."median_typical_gap_days_of_1",
  "t2"."median_typical_gap_days_of_2",
  "t2"."median_typical_gap_days_of_3",
  "t2"."median_typical_gap_days_of_4",
  "t2"."median_lines_per_order_of_1",
  "t2"."median_lines_per_order_of_2",
  "t2"."median_lines_per_order_of_3",
  "t2"."median_lines_per_order_of_4",
  "t2"."median_category_count_of_1",
  "t2"."median_category_count_of_2",
  "t2"."median_category_count_of_3",
  "t2"."median_category_count_of_4",
  "t2"."median_lines_of_1",
  "t2"."median_lines_of_2",
  "t2"."median_lines_of_3",
  "t2"."median_lines_of_4",
  "t2"."median_avg_line_value_of_1",
  "t2"."median_avg_line_value_of_2",
  "t2"."median_avg_line_value_of_3",
  "t2"."median_avg_line_value_of_4",
  "t2"."median_discount_share_of_1",
  "t2"."median_discount_share_of_2",
  "t2"."median_discount_share_of_3",
  "t2"."median_discount_share_of_4",
  "t2"."median_coupon_share_of_1",
  "t2"."median_coupon_share_of_2",
  "t2"."median_coupon_share_of_3",
  "t2"."median_coupon_share_of_4",
  "t2"."median_full_price_share_of_1",
  "t2"."median_full_price_share_of_2",
  "t2"."median_full_price_share_of_3",
  "t2"."median_full_price_share_of_4"
FROM query_9bd1f74daa AS "t1"
CROSS JOIN query_f720dd3fcc AS "t2"
;
-- query_d43ca20879
SELECT
  *
FROM query_bae16b9306 AS "t1"
WHERE
  "t1"."orders" > 0
;
-- query_d53ff90f0f
SELECT
  *
FROM "t1" AS "t2"
;
-- query_d8e6c91ca6
SELECT
  "t1"."segment_id",
  "t1"."category",
  "t1"."net",
  CAST("t1"."net" AS DOUBLE) AS "net_sales"
FROM query_7cba834d31 AS "t1"
;
-- query_d9d7b21527
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."distance_3",
  "t1"."squared_distance",
  CASE
    WHEN "t1"."distance_0" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_1" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_2" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    ELSE 0
  END AS "cluster"
FROM query_5fa58f3d01 AS "t1"
;
-- query_da556d4b30
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  (
    LN(IFF("t1"."recency_days" > 0, "t1"."recency_days", 0) + 0) - 0
  ) / 0 AS "axis_1",
  (
    LN(IFF("t1"."frequency" > 0, "t1"."frequency", 0) + 0) - 0
  ) / 0 AS "axis_2",
  (
    LN(IFF("t1"."monetary" > 0, "t1"."monetary", 0) + 0) - 0
  ) / 0 AS "axis_3"
FROM query_f671022141 AS "t1"
;
-- query_db206fb45e
SELECT
  *
FROM "MARKETING_INSIGHTS_DB"."DBT_SKAMRA_ANALYTICS"."FCT_SALES" AS "t1"
WHERE
  "t1"."TRANSACTION_ID" IN (
    'DELSUMMA',
    'Delsumma',
    'EINDTOTAAL',
    'ERGEBNIS',
    'Eindtotaal',
    'Ergebnis',
    'GESAMTERGEBNIS',
    'GESAMTSUMME',
    'GRAND TOTAL',
    'Gesamtergebnis',
    'Gesamtsumme',
    'Grand Total',
    'Grand total',
    'INVOICE TOTAL',
    'Invoice Total',
    'Invoice total',
    'ORDER TOTAL',
    'Order Total',
    'Order total',
    'RAZEM',
    'Razem',
    'SOUS TOTAL',
    'SOUS-TOTAL',
    'SUB TOTAL',
    'SUB-TOTAL',
    'SUBTOTAAL',
    'SUBTOTAL',
    'SUBTOTALE',
    'SUMA',
    'SUMA KOŃCOWA',
    'SUMMA',
    'SUMME',
    'Sous Total',
    'Sous total',
    'Sous-Total',
    'Sous-total',
    'Sub Total',
    'Sub total',
    'Sub-Total',
    'Sub-total',
    'Subtotaal',
    'Subtotal',
    'Subtotale',
    'Suma',
    'Suma Końcowa',
    'Suma końcowa',
    'Summa',
    'Summe',
    'TEILSUMME',
    'TOTAAL',
    'TOTAL',
    'TOTAL GENERAL',
    'TOTAL GERAL',
    'TOTAL GÉNÉRAL',
    'TOTALE',
    'TOTALE COMPLESSIVO',
    'TOTALS',
    'TOTALSUMMA',
    'Teilsumme',
    'Totaal',
    'Total',
    'Total General',
    'Total Geral',
    'Total Général',
    'Total general',
    'Total geral',
    'Total général',
    'Totale',
    'Totale Complessivo',
    'Totale complessivo',
    'Totals',
    'Totalsumma',
    'ZWISCHENSUMME',
    'Zwischensumme',
    'delsumma',
    'eindtotaal',
    'ergebnis',
    'gesamtergebnis',
    'gesamtsumme',
    'grand total',
    'invoice total',
    'order total',
    'razem',
    'sous total',
    'sous-total',
    'sub total',
    'sub-total',
    'subtotaal',
    'subtotal',
    'subtotale',
    'suma',
    'suma końcowa',
    'summa',
    'summe',
    'teilsumme',
    'totaal',
    'total',
    'total general',
    'total geral',
    'total général',
    'totale',
    'totale complessivo',
    'totals',
    'totalsumma',
    'zwischensumme'
  )
;
-- query_dc137dc81b
SELECT
  'segments' AS "part",
  "t1"."segment_id" AS "segments__segment_id",
  "t1"."customers" AS "segments__customers",
  "t1"."net_sales" AS "segments__net_sales",
  "t1"."median_recency_days" AS "segments__median_recency_days",
  "t1"."median_frequency" AS "segments__median_frequency",
  "t1"."median_monetary" AS "segments__median_monetary",
  "t1"."median_avg_order_value" AS "segments__median_avg_order_value",
  "t1"."median_tenure_days" AS "segments__median_tenure_days",
  "t1"."median_typical_gap_days" AS "segments__median_typical_gap_days",
  "t1"."median_lines_per_order" AS "segments__median_lines_per_order",
  "t1"."median_category_count" AS "segments__median_category_count",
  "t1"."median_lines" AS "segments__median_lines",
  "t1"."median_avg_line_value" AS "segments__median_avg_line_value",
  "t1"."median_discount_share" AS "segments__median_discount_share",
  "t1"."median_coupon_share" AS "segments__median_coupon_share",
  "t1"."median_full_price_share" AS "segments__median_full_price_share",
  "t1"."mean_recency_days" AS "segments__mean_recency_days",
  "t1"."mean_frequency" AS "segments__mean_frequency",
  "t1"."mean_monetary" AS "segments__mean_monetary",
  "t1"."mean_avg_order_value" AS "segments__mean_avg_order_value",
  "t1"."mean_tenure_days" AS "segments__mean_tenure_days",
  "t1"."mean_typical_gap_days" AS "segments__mean_typical_gap_days",
  "t1"."mean_lines_per_order" AS "segments__mean_lines_per_order",
  "t1"."mean_category_count" AS "segments__mean_category_count",
  "t1"."mean_lines" AS "segments__mean_lines",
  "t1"."mean_avg_line_value" AS "segments__mean_avg_line_value",
  "t1"."mean_discount_share" AS "segments__mean_discount_share",
  "t1"."mean_coupon_share" AS "segments__mean_coupon_share",
  "t1"."mean_full_price_share" AS "segments__mean_full_price_share",
  "t1"."single_order_share" AS "segments__single_order_share",
  CAST(NULL AS DOUBLE) AS "ranks__reorder_interval_days",
  CAST(NULL AS DOUBLE) AS "ranks__window_days",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_recency_days_4",
  CAST(NULL AS BIGINT) AS "ranks__at_recency_days_4",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_1",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_1",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_2",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_2",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_3",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_3",
  CAST(NULL AS BIGINT) AS "ranks__below_frequency_4",
  CAST(NULL AS BIGINT) AS "ranks__at_frequency_4",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_1",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_1",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_2",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_2",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_3",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_3",
  CAST(NULL AS BIGINT) AS "ranks__below_monetary_4",
  CAST(NULL AS BIGINT) AS "ranks__at_monetary_4",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_1",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_1",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_2",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_2",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_3",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_3",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_order_value_4",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_order_value_4",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_tenure_days_4",
  CAST(NULL AS BIGINT) AS "ranks__at_tenure_days_4",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_1",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_1",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_2",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_2",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_3",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_3",
  CAST(NULL AS BIGINT) AS "ranks__below_typical_gap_days_4",
  CAST(NULL AS BIGINT) AS "ranks__at_typical_gap_days_4",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_1",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_1",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_2",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_2",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_3",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_3",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_per_order_4",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_per_order_4",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_1",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_1",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_2",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_2",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_3",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_3",
  CAST(NULL AS BIGINT) AS "ranks__below_category_count_4",
  CAST(NULL AS BIGINT) AS "ranks__at_category_count_4",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_1",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_1",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_2",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_2",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_3",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_3",
  CAST(NULL AS BIGINT) AS "ranks__below_lines_4",
  CAST(NULL AS BIGINT) AS "ranks__at_lines_4",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_1",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_1",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_2",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_2",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_3",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_3",
  CAST(NULL AS BIGINT) AS "ranks__below_avg_line_value_4",
  CAST(NULL AS BIGINT) AS "ranks__at_avg_line_value_4",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_3",
  CAST(NULL AS BIGINT) AS "ranks__below_discount_share_4",
  CAST(NULL AS BIGINT) AS "ranks__at_discount_share_4",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_3",
  CAST(NULL AS BIGINT) AS "ranks__below_coupon_share_4",
  CAST(NULL AS BIGINT) AS "ranks__at_coupon_share_4",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_1",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_1",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_2",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_2",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_3",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_3",
  CAST(NULL AS BIGINT) AS "ranks__below_full_price_share_4",
  CAST(NULL AS BIGINT) AS "ranks__at_full_price_share_4"
FROM "t2" AS "t1"
;
-- query_ddfea10b1e
SELECT
  "t1"."customer_id",
  (
    (
      DATE_PART(year, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0))) * 0
    ) + DATE_PART(month, DATEADD(DAY, "t1"."day", DATE_FROM_PARTS(0, 0, 0)))
  ) - 0 AS "month",
  "t1"."net",
  IFF("t1"."is_purchase", 0, 0) AS "buys"
FROM query_37b44a1b51 AS "t1"
;
-- query_debf5752b7
SELECT
  *
FROM query_5d7361f9db AS "t1"
;
-- query_df97c70d3a
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  "t1"."squared_distance",
  CASE
    WHEN "t1"."distance_0" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    WHEN "t1"."distance_1" <= (
      "t1"."squared_distance" + 0
    )
    THEN 0
    ELSE 0
  END AS "cluster"
FROM query_ea0894394c AS "t1"
;
-- query_dff41de11b
SELECT
  "t1"."segment_id",
  COUNT(*) AS "customers",
  CAST(SUM(CAST("t1"."monetary" AS DECIMAL(0, 0))) AS DOUBLE) AS "net_sales",
  APPROX_PERCENTILE("t1"."recency_days", 0) AS "median_recency_days",
  APPROX_PERCENTILE("t1"."frequency", 0) AS "median_frequency",
  APPROX_PERCENTILE("t1"."monetary", 0) AS "median_monetary",
  APPROX_PERCENTILE("t1"."avg_order_value", 0) AS "median_avg_order_value",
  APPROX_PERCENTILE("t1"."tenure_days", 0) AS "median_tenure_days",
  APPROX_PERCENTILE("t1"."typical_gap_days", 0) AS "median_typical_gap_days",
  APPROX_PERCENTILE("t1"."lines_per_order", 0) AS "median_lines_per_order",
  APPROX_PERCENTILE("t1"."category_count", 0) AS "median_category_count",
  APPROX_PERCENTILE("t1"."lines", 0) AS "median_lines",
  APPROX_PERCENTILE("t1"."avg_line_value", 0) AS "median_avg_line_value",
  APPROX_PERCENTILE("t1"."discount_share", 0) AS "median_discount_share",
  APPROX_PERCENTILE("t1"."coupon_share", 0) AS "median_coupon_share",
  APPROX_PERCENTILE("t1"."full_price_share", 0) AS "median_full_price_share",
  AVG("t1"."recency_days") AS "mean_recency_days",
  AVG("t1"."frequency") AS "mean_frequency",
  AVG("t1"."monetary") AS "mean_monetary",
  AVG("t1"."avg_order_value") AS "mean_avg_order_value",
  AVG("t1"."tenure_days") AS "mean_tenure_days",
  AVG("t1"."typical_gap_days") AS "mean_typical_gap_days",
  AVG("t1"."lines_per_order") AS "mean_lines_per_order",
  AVG("t1"."category_count") AS "mean_category_count",
  AVG("t1"."lines") AS "mean_lines",
  AVG("t1"."avg_line_value") AS "mean_avg_line_value",
  AVG("t1"."discount_share") AS "mean_discount_share",
  AVG("t1"."coupon_share") AS "mean_coupon_share",
  AVG("t1"."full_price_share") AS "mean_full_price_share",
  AVG(IFF("t1"."frequency" = 0, 0, 0)) AS "single_order_share"
FROM query_9bd1f74daa AS "t1"
GROUP BY
  0
;
-- query_e0154ea3c2
SELECT
  "t1"."customer_id",
  "t1"."transaction_id",
  "t1"."day",
  "t1"."coupon_used",
  "t1"."category",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."is_purchase",
  COUNT(*) AS "n"
FROM query_37b44a1b51 AS "t1"
GROUP BY
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0,
  0
;
-- query_e12a8b204d
SELECT
  "t1"."customer_id",
  "t1"."orders",
  CAST(0 - "t1"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t1"."orders" AS DOUBLE) AS "frequency",
  CAST("t1"."net" AS DOUBLE) AS "monetary",
  CAST("t1"."net" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "avg_order_value",
  CAST(0 - "t1"."first_day" AS DOUBLE) AS "tenure_days",
  COALESCE("t1"."median_gap", CAST(0 - "t1"."last_day" AS DOUBLE)) AS "typical_gap_days",
  CAST("t1"."lines" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "lines_per_order",
  CAST(COALESCE("t1"."categories", 0) AS DOUBLE) AS "category_count",
  CAST("t1"."lines" AS DOUBLE) AS "lines",
  CAST("t1"."net" AS DOUBLE) / IFF("t1"."lines" > 0, CAST("t1"."lines" AS DOUBLE), CAST(NULL AS DOUBLE)) AS "avg_line_value",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t1"."discount" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "discount_share",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t1"."coupon_orders" AS DOUBLE) / IFF("t1"."orders" > 0, CAST("t1"."orders" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "coupon_share",
  COALESCE(
    IFF(
      IFF(
        (
          CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ) IS NULL,
      IFF(
        (
          CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        ) IS NULL,
        CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
        LEAST(
          0,
          CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
        )
      ),
      GREATEST(
        0,
        IFF(
          (
            CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          ) IS NULL,
          CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE)),
          LEAST(
            0,
            CAST("t1"."full_price" AS DOUBLE) / IFF("t1"."gross" > 0, CAST("t1"."gross" AS DOUBLE), CAST(NULL AS DOUBLE))
          )
        )
      )
    ),
    0
  ) AS "full_price_share"
FROM query_47b6a2e70a AS "t1"
;
-- query_e1aa6d3a47
SELECT
  "t1".*
  EXCLUDE ("cluster")
FROM query_762612739d AS "t1"
;
-- query_e550b2d6e3
SELECT
  "t1"."customer_id",
  "t1"."bought",
  "t1"."weekend",
  "t1"."peak",
  "t1"."recent",
  "t1"."earlier",
  "t2"."customer_id" AS "customer_id_right",
  "t2"."categories",
  "t2"."named",
  "t2"."favourite"
FROM query_39f20e4699 AS "t1"
LEFT OUTER JOIN query_12f2cd562a AS "t2"
  ON "t1"."customer_id" = "t2"."customer_id"
;
-- query_e73eb6d192
SELECT
  *
FROM query_6d71dd9052 AS "t1"
;
-- query_e9d39f07cf
SELECT
  *
FROM query_b67a3e34b2 AS "t1"
WHERE
  NOT "t1"."day" IS NULL
;
-- query_ea0894394c
SELECT
  "t1"."customer_id",
  "t1"."recency_days",
  "t1"."frequency",
  "t1"."monetary",
  "t1"."avg_order_value",
  "t1"."tenure_days",
  "t1"."typical_gap_days",
  "t1"."lines_per_order",
  "t1"."category_count",
  "t1"."lines",
  "t1"."avg_line_value",
  "t1"."discount_share",
  "t1"."coupon_share",
  "t1"."full_price_share",
  "t1"."distance_0",
  "t1"."distance_1",
  "t1"."distance_2",
  LEAST("t1"."distance_0", "t1"."distance_1", "t1"."distance_2") AS "squared_distance"
FROM query_adaf039224 AS "t1"
;
-- query_ea13bb2d94
SELECT
  "t1"."customer_id"
FROM "t2" AS "t1"
;
-- query_ea6c7a35a3
SELECT
  *
FROM query_b67a3e34b2 AS "t1"
WHERE
  "t1"."lines" > 0
;
-- query_eacab2400e
SELECT
  COUNT(*) AS "n_ids",
  SUM(IFF("t1"."customers" > 0, 0, 0)) AS "n_shared_ids",
  SUM("t1"."customers") AS "n_pairs",
  SUM("t1"."pairs_on_days") AS "n_pairs_on_days",
  SUM(IFF("t1"."size" > 0, 0, 0)) AS "n_several_lines",
  SUM(IFF((
    "t1"."size" > 0
  ) AND (
    "t1"."with_customer" = 0
  ), 0, 0)) AS "n_first_customer",
  SUM(IFF((
    "t1"."size" > 0
  ) AND (
    "t1"."with_day" = 0
  ), 0, 0)) AS "n_first_day",
  SUM("t1"."n_parts") AS "n_parts",
  SUM("t1"."n_several_net_sales_amount") AS "n_several_net_sales_amount",
  SUM("t1"."n_constant_net_sales_amount") AS "n_constant_net_sales_amount",
  SUM("t1"."n_first_net_sales_amount") AS "n_first_net_sales_amount",
  SUM("t1"."n_varied_net_sales_amount") AS "n_varied_net_sales_amount",
  SUM("t1"."n_sum_line_net_sales_amount") AS "n_sum_line_net_sales_amount",
  SUM("t1"."n_several_gross_sales_amount") AS "n_several_gross_sales_amount",
  SUM("t1"."n_constant_gross_sales_amount") AS "n_constant_gross_sales_amount",
  SUM("t1"."n_first_gross_sales_amount") AS "n_first_gross_sales_amount",
  SUM("t1"."n_varied_gross_sales_amount") AS "n_varied_gross_sales_amount",
  SUM("t1"."n_sum_line_gross_sales_amount") AS "n_sum_line_gross_sales_amount",
  SUM("t1"."n_several_discount_amount") AS "n_several_discount_amount",
  SUM("t1"."n_constant_discount_amount") AS "n_constant_discount_amount",
  SUM("t1"."n_first_discount_amount") AS "n_first_discount_amount",
  SUM("t1"."n_varied_discount_amount") AS "n_varied_discount_amount",
  SUM("t1"."n_sum_line_discount_amount") AS "n_sum_line_discount_amount",
  COUNT(DISTINCT "t1"."level_net_sales_amount") AS "n_levels_net_sales_amount",
  COUNT(DISTINCT "t1"."level_gross_sales_amount") AS "n_levels_gross_sales_amount",
  COUNT(DISTINCT "t1"."level_discount_amount") AS "n_levels_discount_amount"
FROM query_becbc999fa AS "t1"
;
-- query_ec7496f6a7
SELECT
  "t1"."segment_id",
  "t1"."month",
  SUM("t1"."net") AS "net",
  SUM(IFF("t1"."buys" > 0, 0, 0)) AS "customers"
FROM query_4c2adb198d AS "t1"
GROUP BY
  0,
  0
;
-- query_ee32ade84f
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."customer_id",
  SUM("t1"."orders") AS "orders",
  SUM("t1"."coupon_orders") AS "coupon_orders",
  SUM("t1"."lines") AS "lines",
  MIN("t1"."first_day") AS "first_day",
  MAX("t1"."last_day") AS "last_day",
  SUM("t1"."net") AS "net",
  SUM("t1"."gross") AS "gross",
  SUM("t1"."discount") AS "discount",
  SUM("t1"."full_price") AS "full_price",
  SUM("t1"."bought") AS "bought",
  SUM("t1"."weekend") AS "weekend",
  SUM(IFF("t1"."period" >= "t1"."recent", "t1"."bought", NULL)) AS "recent",
  SUM(
    IFF((
      "t1"."period" >= "t1"."earlier"
    ) AND NOT (
      "t1"."period" >= "t1"."recent"
    ), "t1"."bought", NULL)
  ) AS "earlier"
FROM query_cd781348fe AS "t1"
GROUP BY
  0,
  0,
  0
;
-- query_ee5290efb7
SELECT
  "t1"."customer_id",
  "t1"."period",
  "t1"."previous",
  "t1"."previous_coupon",
  "t1"."orders",
  "t1"."coupon_orders",
  "t1"."lines",
  "t1"."first_day",
  "t1"."last_day",
  "t1"."net",
  "t1"."gross",
  "t1"."discount",
  "t1"."full_price",
  "t1"."bought",
  "t1"."weekend",
  "t2"."window",
  "t2"."as_of",
  "t2"."first_period",
  "t2"."last_period",
  "t2"."recent",
  "t2"."earlier"
FROM query_4a8fe8f70e AS "t1"
INNER JOIN "feature_windows" AS "t2"
  ON "t1"."period" >= "t2"."first_period" AND "t1"."period" <= "t2"."last_period"
;
-- query_f4d0e5e940
SELECT
  *
FROM "t1" AS "t2"
LIMIT 0
;
-- query_f4d3471680
SELECT
  "t1".*
  EXCLUDE ("distance_0", "distance_1", "distance_2")
FROM query_df97c70d3a AS "t1"
;
-- query_f5ddd85058
SELECT
  *
FROM "t1" AS "t2"
WHERE
  NOT "t2"."category" IS NULL
;
-- query_f621d08a06
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  CAST("t1"."as_of" - "t1"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t1"."orders" AS DOUBLE) AS "frequency",
  CAST("t1"."net" AS DOUBLE) AS "monetary",
  CAST("t1"."as_of" - "t1"."first_day" AS DOUBLE) AS "tenure_days"
FROM query_be3abb6e73 AS "t1"
;
-- query_f671022141
SELECT
  "t1"."window",
  "t1"."as_of",
  "t1"."net",
  "t1"."last_day",
  "t1"."customer_id",
  CAST("t1"."as_of" - "t1"."last_day" AS DOUBLE) AS "recency_days",
  CAST("t1"."orders" AS DOUBLE) AS "frequency",
  CAST("t1"."net" AS DOUBLE) AS "monetary"
FROM query_d43ca20879 AS "t1"
;
-- query_f720dd3fcc
SELECT
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_recency_days", CAST(NULL AS DOUBLE))) AS "median_recency_days_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_frequency", CAST(NULL AS DOUBLE))) AS "median_frequency_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_monetary", CAST(NULL AS DOUBLE))) AS "median_monetary_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_order_value", CAST(NULL AS DOUBLE))) AS "median_avg_order_value_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_tenure_days", CAST(NULL AS DOUBLE))) AS "median_tenure_days_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_typical_gap_days", CAST(NULL AS DOUBLE))) AS "median_typical_gap_days_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines_per_order", CAST(NULL AS DOUBLE))) AS "median_lines_per_order_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_category_count", CAST(NULL AS DOUBLE))) AS "median_category_count_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_lines", CAST(NULL AS DOUBLE))) AS "median_lines_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_avg_line_value", CAST(NULL AS DOUBLE))) AS "median_avg_line_value_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_discount_share", CAST(NULL AS DOUBLE))) AS "median_discount_share_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_coupon_share", CAST(NULL AS DOUBLE))) AS "median_coupon_share_of_4",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_1",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_2",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_3",
  MAX(IFF("t1"."segment_id" = 0, "t1"."median_full_price_share", CAST(NULL AS DOUBLE))) AS "median_full_price_share_of_4"
FROM "t2" AS "t1"
;
-- query_f95905c77e
SELECT
  *
FROM query_4865466c2c AS "t1"
UNION ALL
SELECT
  *
FROM query_a5fc0deb96 AS "t2"
;
-- query_fabf84e3d0
SELECT
  "t1".*
  EXCLUDE ("cluster")
FROM query_85630283c2 AS "t1"
;
-- query_ffe0233211
SELECT
  "t1"."customer_id",
  SUM("t1"."gross") AS "gross",
  SUM(IFF(NOT (
    COALESCE("t1"."discount" > 0, FALSE)
  ), "t1"."gross", NULL)) AS "full",
  SUM("t1"."net") AS "net",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."net", NULL)) AS "net_discounted",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."discount", NULL)) AS "discount",
  SUM(IFF(COALESCE("t1"."discount" > 0, FALSE), "t1"."gross", NULL)) AS "gross_discounted"
FROM query_d53ff90f0f AS "t1"
GROUP BY
  0
