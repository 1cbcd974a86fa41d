select
    cast(segment_id as bigint) as segment_id,
    segment_name,
    description,
    cast(customers as bigint) as customers,
    share_of_customers,
    share_of_sales,
    run_id
from {{ ref('stg_segments__segments') }}
