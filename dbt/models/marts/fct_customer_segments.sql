-- One row per customer with a segment, with orders and revenue after returns up to the latest sale.

with sales as (

    select
        cast(customer_id as varchar) as customer_id,
        transaction_id,
        cast(transaction_date as date) as sold_on,
        net_sales_amount,
        quantity >= 0 and net_sales_amount >= 0 as is_purchase
    from {{ source('sales', 'fct_sales') }}

),

latest as (

    select max(sold_on) as sold_on
    from sales

),

customers as (

    select
        customer_id,
        count(distinct case when is_purchase then transaction_id end) as orders,
        sum(net_sales_amount) as revenue,
        min(case when is_purchase then sold_on end) as first_purchase_on,
        max(case when is_purchase then sold_on end) as last_purchase_on
    from sales
    group by customer_id

)

select
    segments.customer_id,
    segments.segment_id,
    segments.segment_name,
    coalesce(customers.orders, 0) as orders,
    coalesce(customers.revenue, 0) as revenue,
    customers.first_purchase_on,
    customers.last_purchase_on,
    case
        when customers.last_purchase_on is null then 'no purchase'
        when {{ dbt.datediff('customers.last_purchase_on', 'latest.sold_on', 'day') }} < {{ var('active_days') }}
            then 'active'
        when {{ dbt.datediff('customers.last_purchase_on', 'latest.sold_on', 'day') }} < 2 * {{ var('active_days') }}
            then 'slowing down'
        else 'inactive'
    end as activity_status,
    segments.prediction_timestamp
from {{ ref('customer_segments') }} as segments
cross join latest
left join customers
    on segments.customer_id = customers.customer_id
