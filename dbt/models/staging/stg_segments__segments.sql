select
    segment_id,
    segment_name,
    sentence as description,
    customers,
    share_of_customers,
    share_of_sales,
    run_id
from {{ source('ml_results', 'segments') }}
