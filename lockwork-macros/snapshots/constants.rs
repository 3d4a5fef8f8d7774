//! #[global_once(key = KEY, timeout_ms = LEASE_MS, max_attempts = ATTEMPTS, retain = RETAIN)]
//! async fn job<T: Shared>(value: &T) -> Result<u32, Error> { Ok(1) }

async fn job<T: Shared>(value: &T) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            const __LW_TIMEOUT: ::core::time::Duration = __lw_runtime::check::timeout(
                __lw_runtime::check::milliseconds(LEASE_MS),
            );
            const __LW_RETAIN: ::core::time::Duration = __lw_runtime::check::retain(
                RETAIN,
                __LW_TIMEOUT,
            );
            const __LW_MAX_ATTEMPTS: ::core::primitive::u32 = __lw_runtime::check::max_attempts(
                ATTEMPTS,
            );
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .timeout(__LW_TIMEOUT)
                .retain(__LW_RETAIN)
                .max_attempts(__LW_MAX_ATTEMPTS);
            &__LW_POLICY
        },
        ::core::option::Option::None,
        __lw_runtime::key_text(&(KEY)),
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
