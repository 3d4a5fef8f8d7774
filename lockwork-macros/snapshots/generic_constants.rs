//! #[global_once(key = "job", timeout_ms = Self::LEASE_MS, retain_ms = N * 1000)]
//! async fn job<const N: u64>() -> Result<u32, Error> { Ok(1) }

async fn job<const N: u64>() -> Result<u32, Error> {
    let mut __lw_call = ::lockwork::__private::begin::<
        Result<u32, Error>,
    >(
        const {
            #[allow(non_snake_case)]
            let __LW_TIMEOUT = ::lockwork::__private::check::timeout(
                ::core::time::Duration::from_millis(Self::LEASE_MS),
            );
            #[allow(non_snake_case)]
            let __LW_RETAIN = ::lockwork::__private::check::retain(
                ::core::time::Duration::from_millis(N * 1000),
                __LW_TIMEOUT,
            );
            &::lockwork::__private::Policy::new()
                .timeout(__LW_TIMEOUT)
                .retain(__LW_RETAIN)
        },
        ::core::option::Option::None,
        "job",
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
