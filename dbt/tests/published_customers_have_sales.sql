-- Published customers that the sales do not have: the run was trained on other sales, or ids are written differently
-- (101.0 instead of 101). Case and surrounding spaces do not matter, as in the app.
{{ config(severity='warn') }}

select customers.customer_id
from {{ ref('stg_segments__customers') }} as customers
left join (
    select distinct lower(trim(cast({{ var('sales_customer_id') }} as varchar))) as customer_id
    from {{ source('sales', 'fct_sales') }}
) as sales
    on lower(trim(customers.customer_id)) = sales.customer_id
where sales.customer_id is null
