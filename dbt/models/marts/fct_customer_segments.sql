-- One row per customer of the published run. Orders, revenue and recency are those of the run: which lines count, which
-- are returns, what one order is and up to which day is counted follows its settings, and is not computed a second time.

with customers as (

    select *
    from {{ ref('stg_segments__customers') }}

),

runs as (

    select
        run_id,
        as_of_on
    from {{ ref('stg_segments__runs') }}

)

select
    customers.customer_id,
    cast(customers.segment_id as bigint) as segment_id,
    customers.segment_name,
    cast(customers.orders as bigint) as orders,
    customers.revenue,
    cast(customers.recency_days as bigint) as recency_days,
    cast(
        {{ dbt.dateadd('day', '-cast(customers.recency_days as integer)', 'runs.as_of_on') }} as date
    ) as last_purchase_on,
    runs.as_of_on,
    case
        when customers.recency_days <= {{ var('active_days') }} then 'active'
        when customers.recency_days <= 2 * {{ var('active_days') }} then 'slowing down'
        else 'inactive'
    end as activity_status,
    customers.certainty,
    customers.run_id,
    customers.prediction_timestamp
from customers
inner join runs
    on customers.run_id = runs.run_id
