//! #[global_once(key = KEY, timeout_ms = LEASE_MS, max_attempts = ATTEMPTS, retain = RETAIN)]
//! async fn job<T: Shared>(value: &T) -> Result<u32, Error> { Ok(1) }

async fn job<T: Shared>(value: &T) -> Result<u32, Error> {
    let mut __lw_call = ::lockwork::__private::begin::<
        Result<u32, Error>,
    >(
        {
            const __LW_TIMEOUT: ::core::time::Duration = ::lockwork::__private::check::timeout(
                ::core::time::Duration::from_millis(LEASE_MS),
            );
            const __LW_RETAIN: ::core::time::Duration = ::lockwork::__private::check::retain(
                RETAIN,
                __LW_TIMEOUT,
            );
            const __LW_MAX_ATTEMPTS: ::core::primitive::u32 = ::lockwork::__private::check::max_attempts(
                ATTEMPTS,
            );
            static __LW_POLICY: ::lockwork::__private::Policy = ::lockwork::__private::Policy::new()
                .timeout(__LW_TIMEOUT)
                .retain(__LW_RETAIN)
                .max_attempts(__LW_MAX_ATTEMPTS);
            &__LW_POLICY
        },
        ::core::option::Option::None,
        ::lockwork::__private::key_text(&(KEY)),
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            ::lockwork::__private::Step::Run(__lw_attempt) => __lw_attempt,
            ::lockwork::__private::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            ::lockwork::__private::drive(
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
