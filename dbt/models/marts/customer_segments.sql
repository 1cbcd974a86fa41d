-- The published columns under a stable name, for exports and BI tools.
{{ config(materialized='view') }}

select
    customer_id,
    segment_id,
    segment_name,
    recency_days as rfm_recency,
    orders as rfm_frequency,
    revenue as rfm_monetary,
    prediction_timestamp
from {{ ref('stg_segments__customers') }}
