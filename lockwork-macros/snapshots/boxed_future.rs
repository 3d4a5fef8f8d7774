//! #[global_once(key = "job")]
//! fn job<'a>(&'a self, day: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>>
//!         { Box::pin(async move { let day = day; Ok(day) }) }

fn job<'a>(
    &'a self,
    day: u32,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    Box::pin(async move {
        use ::lockwork::__private as __lw_runtime;
        let mut __lw_call = __lw_runtime::begin::<
            Result<u32, Error>,
            __lw_runtime::Is<_>,
            __lw_runtime::Is<_>,
        >(
            {
                static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new();
                &__LW_POLICY
            },
            ::core::option::Option::None,
            "job",
        );
        loop {
            let __lw_attempt = match __lw_call.next().await {
                __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
                __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
            };
            let __lw_driven = {
                let __lw_arg0 = __lw_runtime::carry(__lw_runtime::clone_arg(&day));
                __lw_runtime::drive(
                        &__lw_attempt,
                        async move {
                            if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                                Result<u32, Error>,
                            > {
                                return returned;
                            }
                            #[allow(
                                clippy::shadow_reuse,
                                clippy::shadow_same,
                                clippy::shadow_unrelated
                            )]
                            let day = *__lw_arg0;
                            match () {
                                () => {
                                    let day = day;
                                    Ok(day)
                                }
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
    })
}
