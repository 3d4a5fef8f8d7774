//! #[global_once(key = "report", cron = "0 3 * * *", tz = "Europe/Berlin", timeout_ms = 5000, max_attempts = 3)]
//! async fn report(pool: &PgPool) -> anyhow::Result<u64> { Ok(1) }

async fn report(pool: &PgPool) -> anyhow::Result<u64> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin_slot::<
        anyhow::Result<u64>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .timeout(::core::time::Duration::from_millis(5000))
                .max_attempts(3u32);
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "report",
        __lw_runtime::Timing::cron("0 3 * * *", "Europe/Berlin"),
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
            __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            __lw_runtime::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            anyhow::Result<u64>,
                        > {
                            return returned;
                        }
                        match () {
                            () => Ok(1),
                        }
                    },
                )
                .await
        };
        if let ::core::option::Option::Some(__lw_returned) = __lw_call
            .settle(__lw_driven)
        {
            return __lw_returned;
        }
    }
}
