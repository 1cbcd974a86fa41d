select
    customer_id,
    segment_id,
    segment_name,
    rfm_recency as recency_days,
    rfm_frequency as orders,
    rfm_monetary as revenue,
    certainty,
    run_id,
    prediction_timestamp
from {{ source('ml_results', 'customer_segments') }}
