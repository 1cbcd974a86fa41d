select
    customer_id,
    segment_id,
    segment_name,
    rfm_recency,
    rfm_frequency,
    rfm_monetary,
    prediction_timestamp
from {{ source('ml_results', 'customer_segments') }}
