//! #[global_once(key = "sweep", per_ms = PERIOD_MS, retain = "30d")]
//! async fn sweep() -> Result<u32, Error> { Ok(1) }

async fn sweep() -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin_slot::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            const __LW_RETAIN: ::core::time::Duration = __lw_runtime::check::retain_beside_per(
                __lw_runtime::check::retain(
                    ::core::time::Duration::from_millis(2592000000),
                    __lw_runtime::check::DEFAULT_TIMEOUT,
                ),
                __lw_runtime::check::milliseconds(PERIOD_MS),
            );
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .retain(__LW_RETAIN);
            &__LW_POLICY
        },
        ::core::option::Option::None,
        "sweep",
        __lw_runtime::Timing::per({
            const __LW_PER: ::core::time::Duration = __lw_runtime::check::per(
                __lw_runtime::check::milliseconds(PERIOD_MS),
            );
            __LW_PER
        }),
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
                            Result<u32, Error>,
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
