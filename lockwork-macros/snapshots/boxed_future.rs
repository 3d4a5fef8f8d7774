//! #[global_once(key = "job")]
//! fn job<'a>(&'a self, day: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>>
//!         { Box::pin(async move { let day = day; Ok(day) }) }

fn job<'a>(
    &'a self,
    day: u32,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    Box::pin(async move {
        let mut __lw_call = ::lockwork::__private::begin::<
            Result<u32, Error>,
        >(
            {
                static __LW_POLICY: ::lockwork::__private::Policy = ::lockwork::__private::Policy::new();
                &__LW_POLICY
            },
            ::core::option::Option::None,
            "job",
        );
        loop {
            let __lw_attempt = match __lw_call.next().await {
                ::lockwork::__private::Step::Run(__lw_attempt) => __lw_attempt,
                ::lockwork::__private::Step::Return(__lw_returned) => {
                    return __lw_returned;
                }
            };
            let __lw_driven = {
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::shadow_reuse,
                    clippy::shadow_same,
                    clippy::shadow_unrelated,
                    clippy::used_underscore_binding,
                )]
                let day = ::lockwork::__private::clone_arg(&day);
                ::lockwork::__private::drive(
                        &__lw_attempt,
                        async move {
                            if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                                Result<u32, Error>,
                            > {
                                return returned;
                            }
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
