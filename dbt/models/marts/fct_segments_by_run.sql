-- One row per run and segment, for trends. The runs may have different windows: compare shares, not sums.

with customers as (

    select
        run_id,
        segment_id,
        max(segment_name) as segment_name,
        count(*) as customers,
        sum(orders) as orders,
        sum(revenue) as revenue
    from {{ ref('stg_segments__customer_history') }}
    group by run_id, segment_id

)

select
    customers.run_id,
    cast(customers.segment_id as bigint) as segment_id,
    customers.segment_name,
    runs.as_of_on,
    cast(customers.customers as bigint) as customers,
    cast(customers.orders as bigint) as orders,
    customers.revenue
from customers
inner join {{ ref('stg_segments__runs') }} as runs
    on customers.run_id = runs.run_id
